using KubeCheckpoint.Http;

namespace KubeCheckpoint.Images.Registry;

/// <summary>The limits of time for a registry.</summary>
internal sealed record RegistryTimings : HttpTimings
{
    /// <summary>How often an upload is resumed in all, even if it makes progress each time.</summary>
    public int AttemptsOfUpload { get; init; } = 100;

    /// <summary>The limit for the response to an upload, which grows with its size: some registries hash or copy a blob only then.</summary>
    public TimeSpan WaitAfterUpload(long bytes) => Stall + TimeSpan.FromSeconds(bytes / 20_000_000);
}
