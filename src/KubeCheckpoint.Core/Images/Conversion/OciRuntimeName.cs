namespace KubeCheckpoint.Images.Conversion;

/// <summary>What the OCI runtime is called: in config.dump, and in the annotation by which Podman refuses what another one has written.</summary>
internal static class OciRuntimeName
{
    public const string Runc = "runc";
    public const string Crun = "crun";

    public static string Of(ConversionSource source) => source.Request.OciRuntime ?? Of(source.Request.Archive.Runtime);

    /// <summary>The name for what config.dump says: containerd has <c>io.containerd.runc.v2</c> there, CRI-O its handler.</summary>
    public static string Of(string? runtime) => runtime is not null && runtime.Contains(Crun, StringComparison.Ordinal) ? Crun : Runc;
}
