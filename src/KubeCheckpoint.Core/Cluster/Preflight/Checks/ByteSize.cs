using System.Globalization;

namespace KubeCheckpoint.Cluster.Preflight.Checks;

/// <summary>Formats numbers of bytes for checks.</summary>
internal static class ByteSize
{
    public static string Of(long bytes) => bytes switch
    {
        >= 1L << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.0} GiB"),
        >= 1L << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 20):0.0} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes"),
    };
}
