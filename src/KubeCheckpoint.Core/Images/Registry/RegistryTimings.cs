using KubeCheckpoint.Http;

namespace KubeCheckpoint.Images.Registry;

/// <summary>The limits of time for a registry.</summary>
internal sealed record RegistryTimings : HttpTimings
{
    /// <summary>The limit for the response to an upload, which grows with its size: some registries hash or copy a blob only then.</summary>
    public TimeSpan WaitAfterUpload(long bytes) => Stall + TimeSpan.FromSeconds(bytes / 20_000_000);
}
