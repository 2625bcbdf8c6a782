using System.IO.Compression;
using SharpCompress.Compressors.ZStandard;

namespace KubeCheckpoint.Core.Tests.Support;

/// <summary>The real archives in tests/fixtures.</summary>
internal static class Fixture
{
    public static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "fixtures", "archives");

    public static TheoryData<string> Archives =>
        [.. Directory.GetFiles(Folder).Where(path => path.EndsWith(".tar") || path.EndsWith(".tar.gz") || path.EndsWith(".tar.zst")).Select(path => Path.GetFileName(path)).Order()];

    public static string PathOf(string name) => Path.Combine(Folder, name);

    /// <summary>The tar of an archive, decompressed without code of the module.</summary>
    public static byte[] Decompress(string name)
    {
        using var target = new MemoryStream();
        using var raw = File.OpenRead(PathOf(name));
        using Stream stream = Path.GetExtension(name) switch
        {
            ".gz" => new GZipStream(raw, CompressionMode.Decompress),
            ".zst" => new DecompressionStream(raw),
            _ => raw,
        };
        stream.CopyTo(target);
        return target.ToArray();
    }
}
