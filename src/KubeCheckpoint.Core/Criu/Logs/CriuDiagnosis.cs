namespace KubeCheckpoint.Criu.Logs;

/// <summary>What words of CRIU's log mean, and what to do about it.</summary>
/// <param name="Words">What the message contains, all of it.</param>
/// <param name="Cause">What that means.</param>
/// <param name="Remedy">What to do.</param>
/// <param name="IsHarmless">True for what also stands in the logs of dumps that succeed.</param>
internal sealed record CriuDiagnosis(string[] Words, string Cause, string Remedy, bool IsHarmless = false)
{
    public bool Fits(string message) => Array.TrueForAll(Words, words => message.Contains(words, StringComparison.Ordinal));
}
