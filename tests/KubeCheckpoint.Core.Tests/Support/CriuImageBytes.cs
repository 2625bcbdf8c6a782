using System.Buffers.Binary;
using Google.Protobuf;
using KubeCheckpoint.Criu;
using KubeCheckpoint.Criu.Images;

namespace KubeCheckpoint.Core.Tests.Support;

/// <summary>Writes images message by message.</summary>
internal static class CriuImageBytes
{
    public static byte[] Of(CriuImageType type, params IEnumerable<IMessage> messages) =>
        OfBytes(type, messages.Select(message => message.ToByteArray()));

    /// <summary>An image of messages given as bytes, which need not be valid.</summary>
    public static byte[] OfBytes(CriuImageType type, IEnumerable<byte[]> messages)
    {
        using var image = new MemoryStream();
        if (type != CriuImageType.Inventory)
            Write(image, type == CriuImageType.Stats ? CriuImageType.ServiceMagic : CriuImageType.CommonMagic);
        Write(image, type.Magic);
        foreach (var message in messages)
        {
            Write(image, (uint)message.Length);
            image.Write(message);
        }
        return image.ToArray();
    }

    /// <summary>A copy of an image in which each message is edited.</summary>
    public static byte[] Edit<T>(byte[] image, Action<T> edit)
        where T : IMessage<T>
    {
        var reader = new CriuImageReader(new MemoryStream(image), new CriuImageName("test"));
        var messages = reader.ReadMessages<T>().ToList();
        messages.ForEach(edit);
        return Of(reader.Type, messages.Cast<IMessage>());
    }

    private static void Write(Stream stream, uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        stream.Write(bytes);
    }
}
