using System.Buffers.Binary;
using Google.Protobuf;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Budgets;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Criu;
using KubeCheckpoint.Criu.Documents;
using KubeCheckpoint.Criu.Images;

namespace KubeCheckpoint.Core.Tests.Criu.Documents;

/// <summary>Builds images by hand, and reads and writes them as documents.</summary>
internal sealed class ImageBytes
{
    public const string Path = "/cp/test.img";

    private readonly List<byte> _image = [];

    public ImageBytes(string type, uint family = CriuImageType.CommonMagic)
    {
        if (family != 0)
            Number(family);
        Number(CriuImageType.ByName[type].Magic);
    }

    public ImageBytes Number(uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return Raw(bytes);
    }

    public ImageBytes Entry(IMessage message) => Entry(message.ToByteArray());

    public ImageBytes Entry(params byte[] message) => Number((uint)message.Length).Raw(message);

    public ImageBytes Raw(params ReadOnlySpan<byte> bytes)
    {
        _image.AddRange(bytes);
        return this;
    }

    public byte[] ToArray() => [.. _image];

    public List<CriuObject> Read() => Read(ToArray());

    public static List<CriuObject> Read(byte[] image)
    {
        using var document = Open(image);
        return [.. document.Entries];
    }

    public static CriuDocument Open(byte[] image, string? member = null) =>
        CriuDocument.Open(new MemoryStream(image), new CriuImageName(Path, member), new ArchiveBudget(Path, image.Length), CancellationToken.None);

    public static byte[] Write(string type, string? family, IEnumerable<CriuObject> entries)
    {
        var stream = new MemoryStream();
        new CriuDocumentWriter(stream, CriuImageType.ByName[type], CancellationToken.None).Write(family, entries);
        return stream.ToArray();
    }

    public static byte[] WriteAgain(byte[] image)
    {
        using var document = Open(image);
        return Write(document.Type, document.Family, document.Entries);
    }

    /// <summary>All images of an archive, with their names and bytes.</summary>
    public static IEnumerable<(string Name, byte[] Bytes)> Of(string archive, bool raw = false)
    {
        using var content = CheckpointContent.Open(Fixture.PathOf(archive), CancellationToken.None);
        foreach (var member in content.Members.Where(member => member.Name.EndsWith(".img", StringComparison.Ordinal) && CriuImageFiles.IsRaw(member.Name) == raw))
        {
            using var bytes = new MemoryStream();
            using var stream = content.OpenMember(member);
            stream.CopyTo(bytes);
            yield return (member.Name, bytes.ToArray());
        }
    }
}
