namespace KubeCheckpoint.Archives.Search;

/// <summary>What kept a part of memory from being searched.</summary>
/// <param name="Subject">What it is about: of several failures of one thing only the first is told. Null for one that is always told.</param>
/// <param name="Failure">The failure.</param>
internal readonly record struct BatchFailure(object? Subject, KubeCheckpointException Failure);
