using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using ZstdStream = SharpCompress.Compressors.ZStandard.DecompressionStream;

namespace KubeCheckpoint.Sandbox.Kubelet;

/// <summary>
/// Unpacks the changed files of a checkpoint as runtimes do: CRI-O deletes what deleted.files lists after it has unpacked the tar, containerd
/// applies whiteouts in the order of the tar.
/// </summary>
internal static class RestoredFileSystem
{
    private const string Whiteout = ".wh.";

    /// <param name="root">The folder that emulates the container's root.</param>
    /// <param name="tar">rootfs-diff.tar, compressed or not, or null.</param>
    /// <param name="deleted">deleted.files, or null.</param>
    /// <param name="runtime">The runtime.</param>
    public static void Write(string root, byte[]? tar, byte[]? deleted, SandboxRuntime runtime)
    {
        if (tar is not null)
            Unpack(root, tar, runtime);
        if (deleted is not null && runtime == SandboxRuntime.CriO)
        {
            foreach (var path in JsonSerializer.Deserialize<string[]>(deleted) ?? [])
                Remove(At(root, path));
        }
    }

    private static void Unpack(string root, byte[] tar, SandboxRuntime runtime)
    {
        using var reader = new TarReader(Plain(tar));
        while (reader.GetNextEntry() is { } entry)
        {
            var path = At(root, entry.Name);
            var name = Path.GetFileName(path);
            if (runtime == SandboxRuntime.Containerd && name.StartsWith(Whiteout, StringComparison.Ordinal))
                Remove(Path.Join(Path.GetDirectoryName(path), name[Whiteout.Length..]));
            else
                Write(root, path, entry);
        }
    }

    private static Stream Plain(byte[] tar) => tar switch
    {
        [0x1f, 0x8b, ..] => new GZipStream(new MemoryStream(tar), CompressionMode.Decompress),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => new ZstdStream(new MemoryStream(tar)),
        _ => new MemoryStream(tar),
    };

    private static void Write(string root, string path, TarEntry entry)
    {
        if (entry.EntryType == TarEntryType.Directory)
        {
            if (File.Exists(path))
                File.Delete(path);
            Directory.CreateDirectory(path);
            return;
        }
        Remove(path);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        switch (entry.EntryType)
        {
            case TarEntryType.SymbolicLink:
                File.CreateSymbolicLink(path, entry.LinkName);
                break;
            case TarEntryType.HardLink:
                File.Copy(At(root, entry.LinkName), path);
                break;
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile:
                using (var file = File.Create(path))
                    entry.DataStream?.CopyTo(file);
                File.SetLastWriteTimeUtc(path, entry.ModificationTime.UtcDateTime);
                break;
        }
    }

    private static void Remove(string path)
    {
        if (new FileInfo(path).LinkTarget is not null || File.Exists(path))
            File.Delete(path);
        else if (Directory.Exists(path))
            Directory.Delete(path, recursive: true);
    }

    // A checkpoint may come from anywhere: nothing leaves the folder.
    private static string At(string root, string path) =>
        Path.Join(root, string.Join('/', path.Split('/').Where(part => part is not ("" or "." or ".."))));
}
