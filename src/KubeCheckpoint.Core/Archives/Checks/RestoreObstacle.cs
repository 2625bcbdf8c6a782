namespace KubeCheckpoint.Archives.Checks;

/// <summary>Something that CRIU dumps and does not restore.</summary>
/// <param name="Check">The name of the check that finds it.</param>
/// <param name="Image">The image that shows it.</param>
/// <param name="Message">What it is, as a sentence.</param>
/// <param name="Cure">What to do about it.</param>
internal sealed record RestoreObstacle(string Check, string Image, string Message, string Cure);
