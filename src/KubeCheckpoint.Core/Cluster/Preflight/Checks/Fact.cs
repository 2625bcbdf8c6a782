namespace KubeCheckpoint.Cluster.Preflight.Checks;

/// <summary>A value that was looked up, or the reason why it is unknown.</summary>
internal sealed record Fact<T>(T? Value, string? Reason)
    where T : class
{
    public static Fact<T> Of(T value) => new(value, null);

    public static Fact<T> Unknown(string reason) => new(null, reason);
}
