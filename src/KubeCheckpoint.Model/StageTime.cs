namespace KubeCheckpoint;

/// <summary>How long a step took.</summary>
/// <param name="Stage">The step.</param>
/// <param name="Duration">Its duration.</param>
public sealed record StageTime(RestoreStage Stage, TimeSpan Duration)
{
    /// <summary>Step and time.</summary>
    public override string ToString() => Duration < TimeSpan.FromSeconds(1)
        ? FormattableString.Invariant($"{Stage} {Duration.TotalMilliseconds:0}ms")
        : FormattableString.Invariant($"{Stage} {Duration.TotalSeconds:0.0}s");
}
