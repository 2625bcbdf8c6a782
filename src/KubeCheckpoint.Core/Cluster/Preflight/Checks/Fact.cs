namespace KubeCheckpoint.Cluster.Preflight.Checks;

/// <summary>Something that was asked: its answer, or why there is none.</summary>
internal sealed record Fact<T>(T? Value, string? Reason)
    where T : class
{
    public static Fact<T> Of(T value) => new(value, null);

    public static Fact<T> Unknown(string reason) => new(null, reason);
}
