namespace KubeCheckpoint.Archives.Search;

/// <summary>The reason why a part of memory was not searched.</summary>
/// <param name="Subject">The object it is about: only the first failure of an object is reported. Null for one that is always reported.</param>
/// <param name="Failure">The failure.</param>
internal readonly record struct BatchFailure(object? Subject, KubeCheckpointException Failure);
