namespace KubeCheckpoint;

/// <summary>How long a step took.</summary>
/// <param name="Stage">The step.</param>
/// <param name="Duration">Its duration.</param>
public sealed record StageTime(RestoreStage Stage, TimeSpan Duration)
{
    /// <summary>Step and seconds.</summary>
    public override string ToString() => FormattableString.Invariant($"{Stage} {Duration.TotalSeconds:0.0}s");
}
