namespace KubeCheckpoint.Images.Conversion;

/// <summary>The name of the OCI runtime: in config.dump, and in the annotation by which Podman refuses checkpoints of another one.</summary>
internal static class OciRuntimeName
{
    public const string Runc = "runc";
    public const string Crun = "crun";

    public static string Of(ConversionSource source) => source.Request.OciRuntime ?? Of(source.Request.Archive.Runtime);

    /// <summary>The name for a value in config.dump: containerd writes <c>io.containerd.runc.v2</c>, CRI-O its handler.</summary>
    public static string Of(string? runtime) => runtime is not null && runtime.Contains(Crun, StringComparison.Ordinal) ? Crun : Runc;
}
