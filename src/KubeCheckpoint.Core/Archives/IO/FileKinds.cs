using System.Buffers.Binary;
using System.Text;
using KubeCheckpoint.Criu.Images;

namespace KubeCheckpoint.Archives.IO;

/// <summary>Finds out what a file or folder is that was taken for something else.</summary>
public static class FileKinds
{
    private static readonly FileKind Checkpoint = new(
        "a checkpoint archive", "Read it with Get-CheckpointArchive or Test-CheckpointArchive. New-RestoreImage makes an image from it.")
    {
        IsTar = true,
        IsCheckpoint = true,
    };

    private const int HeadSize = 4096;

    private static readonly string[] CheckpointFiles = ["config.dump", "spec.dump", "inventory.img", "checkpoint/inventory.img"];
    private static readonly FileKind Image = new(
        "an OCI archive, which is an image in a file", "Pass it to Get-RestoreImage -Path, Test-RestoreImage -Path or Publish-RestoreImage -Path.")
    {
        IsTar = true,
        IsImage = true,
    };

    private static readonly FileKind Layout = Image with { Name = "an OCI image layout, which is an image in a folder" };

    private static readonly FileKind DockerImage = new(
        "an image in the format of 'docker save'",
        "Convert it with 'skopeo copy docker-archive:OLD.tar oci-archive:NEW.tar', then use Get-RestoreImage -Path.")
    {
        IsTar = true,
    };

    private static readonly FileKind CriuFiles = new(
        "a tar of CRIU images without the files of a container runtime", "Unpack it into a folder and give that folder.")
    {
        IsTar = true,
        IsCheckpoint = true,
    };

    private static readonly FileKind RootFs = new(
        "a tar of a root file system, as 'docker export' writes it", "Give the checkpoint archive itself: it has the members config.dump and spec.dump.")
    {
        IsTar = true,
    };

    private static readonly FileKind CoreDump = new(
        "an ELF core dump", "Open it with gdb or lldb. Export-CheckpointCoreDump writes such files from the processes in a checkpoint archive.");

    private static readonly FileKind Elf = new("an ELF program or library", "Give the checkpoint archive of a container that runs it.");

    private static readonly FileKind CriuImage = new(
        "a single CRIU image", "Read it with ConvertFrom-CriuImage, or give the folder of CRIU images or the checkpoint archive that it comes from.");

    private static readonly FileKind Json = new("a JSON file", "Give the file or folder that the JSON describes.");

    private static readonly FileKind Html = new(
        "an HTML page, perhaps the login or error page of a server", "Open it in a browser to see what the server says, then download the file again.");

    private static readonly FileKind Xml = new(
        "an XML file, perhaps the error message of a server", "Read it to see what the server says, then download the file again.");

    private static readonly FileKind Text = new("a text file", "Check the path.");

    /// <summary>What a file or folder is; null if it does not exist, cannot be read, or is not known.</summary>
    /// <param name="path">Its path, or the name of something else.</param>
    public static FileKind? Of(string path)
    {
        try
        {
            if (Directory.Exists(path))
                return OfFolder(path);
            return File.Exists(path) ? OfFile(path) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return null;
        }
    }

    private static FileKind? OfFolder(string path)
    {
        if (File.Exists(Path.Combine(path, "oci-layout")))
            return Layout;
        return CheckpointFiles.Any(name => File.Exists(Path.Combine(path, name))) ? Checkpoint with { Name = "a folder with a checkpoint" } : null;
    }

    private static FileKind? OfFile(string path)
    {
        using var file = RegularFile.OpenStream(path);
        var head = new byte[HeadSize];
        head = head[..file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
        file.Position = 0;
        return OfBytes(head) ?? OfNames(TarNames.Read(file, head));
    }

    private static FileKind? OfBytes(ReadOnlySpan<byte> head)
    {
        if (head is [0x7f, (byte)'E', (byte)'L', (byte)'F', _, var order, ..] && head.Length >= 18)
            return (order == 2 ? BinaryPrimitives.ReadUInt16BigEndian(head[16..]) : BinaryPrimitives.ReadUInt16LittleEndian(head[16..])) == 4 ? CoreDump : Elf;
        if (head.Length >= 8 && IsCriuImage(head))
            return CriuImage;
        if (head.ContainsAnyInRange<byte>(0, 8))
            return null;
        var text = Encoding.UTF8.GetString(head).TrimStart('\ufeff').TrimStart();
        return text switch
        {
            "" => null,
            ['{', ..] or ['[', ..] => Json,
            _ when Begins(text, "<!doctype html") || Begins(text, "<html") => Html,
            ['<', ..] => Xml,
            _ => Text,
        };
    }

    private static bool Begins(string text, string start) => text.StartsWith(start, StringComparison.OrdinalIgnoreCase);

    private static bool IsCriuImage(ReadOnlySpan<byte> head)
    {
        var magic = BinaryPrimitives.ReadUInt32LittleEndian(head);
        var type = magic is CriuImageType.CommonMagic or CriuImageType.ServiceMagic ? BinaryPrimitives.ReadUInt32LittleEndian(head[4..]) : magic;
        return CriuImageType.OfMagic(type) is not null;
    }

    private static FileKind? OfNames(HashSet<string> names)
    {
        if (names.Contains("oci-layout") || (names.Contains("index.json") && names.Any(name => name.StartsWith("blobs/", StringComparison.Ordinal))))
            return Image;
        if (names.Contains("manifest.json") && names.Any(name => name.EndsWith("/layer.tar", StringComparison.Ordinal)))
            return DockerImage;
        if (names.Contains("config.dump") || names.Contains("spec.dump") || names.Contains("checkpoint/inventory.img"))
            return Checkpoint;
        if (names.Contains("inventory.img"))
            return CriuFiles;
        return names.Contains("etc") && names.Overlaps(["bin", "usr", "var"]) ? RootFs : null;
    }
}
