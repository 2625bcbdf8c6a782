using System.Buffers.Binary;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Messages;
using KubeCheckpoint.Fuzz.Drafts;

namespace KubeCheckpoint.Fuzz.Seeds;

/// <summary>An image of every type that CRIU has, in which every field is set.</summary>
internal static class MadeImages
{
    private const int Deepest = 4;

    /// <summary>The images, by the names of their types.</summary>
    public static IReadOnlyList<(string Name, byte[] Content)> All() =>
        [.. CriuImageType.ByName.Values.OrderBy(type => type.Name, StringComparer.Ordinal).Select(type => ($"{type.Name}.img", Make(type)))];

    /// <summary>An archive with images of types that no archive in tests/fixtures has, for the processes of one.</summary>
    public static TarDraft Archive(TarDraft real)
    {
        using var tar = new MemoryStream();
        foreach (var part in real.Parts.Where(part => !part.Name.Contains("/files.img", StringComparison.Ordinal)))
            tar.Write(part.ToBytes());
        foreach (var (name, type) in Names)
            tar.Write(TarPart.Of($"checkpoint/{name}.img", '0', type == "FILES" ? Files() : Make(CriuImageType.ByName[type])).ToBytes());
        tar.Write(new byte[2 * TarPart.Block]);
        return new TarDraft("made.tar", tar.ToArray());
    }

    /// <summary>An image of messages.</summary>
    public static byte[] Write(CriuImageType type, IEnumerable<IMessage> messages)
    {
        using var image = new MemoryStream();
        if (type != CriuImageType.Inventory)
            Write(image, type == CriuImageType.Stats ? CriuImageType.ServiceMagic : CriuImageType.CommonMagic);
        Write(image, type.Magic);
        foreach (var message in messages)
        {
            Write(image, (uint)message.CalculateSize());
            message.WriteTo(image);
        }
        return image.ToArray();
    }

    private static readonly (string Name, string Type)[] Names =
    [
        ("files", "FILES"), ("reg-files", "REG_FILES"), ("inetsk", "INETSK"), ("unixsk", "UNIXSK"), ("netlinksk", "NETLINK_SK"), ("packetsk", "PACKETSK"),
        ("pipes", "PIPES"), ("fifo", "FIFO"), ("eventfd", "EVENTFD_FILE"), ("eventpoll", "EVENTPOLL_FILE"), ("eventpoll-tfd", "EVENTPOLL_TFD"), ("inotify", "INOTIFY_FILE"),
        ("inotify-wd", "INOTIFY_WD"), ("fanotify", "FANOTIFY_FILE"), ("fanotify-mark", "FANOTIFY_MARK"), ("signalfd", "SIGNALFD"), ("timerfd", "TIMERFD"), ("tty", "TTY_FILES"),
        ("tty-info", "TTY_INFO"), ("tunfile", "TUNFILE"), ("ns-files", "NS_FILES"), ("ext-files", "EXT_FILES"), ("pidfd", "PIDFD"), ("bpfmap-file", "BPFMAP_FILE"), ("apparmor", "APPARMOR"),
        ("vmas-1", "VMAS"), ("creds-1", "CREDS"), ("netdev-10", "NETDEV"), ("tcp-stream-5", "TCP_STREAM"), ("userns-14", "USERNS"), ("posix-timers-1", "POSIX_TIMERS"),
        ("sigacts-1", "SIGACT"), ("stats-restore", "STATS"), ("autofs-1", "AUTOFS"), ("binfmt-misc", "BINFMT_MISC"), ("cpuinfo", "CPUINFO"), ("irmap-cache", "IRMAP_CACHE"),
    ];

    // One file of each kind, with the descriptor numbers of a real process.
    private static byte[] Files() => Write(CriuImageType.Files, Enum.GetValues<FdTypes>().Select((kind, i) =>
    {
        var random = new FuzzRandom(1, i, 0);
        var entry = (FileEntry)Fill(new FileEntry(), random, 0);
        (entry.Type, entry.Id) = (kind, (uint)i + 1);
        return (IMessage)entry;
    }));

    private static byte[] Make(CriuImageType type)
    {
        var random = new FuzzRandom(2, type.Magic, 0);
        var messages = Enumerable.Range(0, type.Payload == CriuPayload.None ? 3 : 1).Select(_ => Fill(type.Parser.ParseFrom(ByteString.Empty), random, 0));
        return type.Payload switch
        {
            CriuPayload.None => Write(type, messages),
            CriuPayload.Pagemap => Write(type, [new PagemapHead { PagesId = 1 }, Fill(new PagemapEntry(), random, 0)]),
            CriuPayload.PipeData => [.. Write(type, [new PipeDataEntry { PipeId = 1, Bytes = 5 }]), .. "hello"u8],
            CriuPayload.SocketQueue => [.. Write(type, [new SkPacketEntry { IdFor = 1, Length = 5 }]), .. "hello"u8],
            CriuPayload.TcpStream => [.. Write(type, [new TcpStreamEntry { InqLen = 2, OutqLen = 3 }]), .. "hello"u8],
            CriuPayload.SemaphoreSet => [.. Write(type, [new IpcSemEntry { Nsems = 3 }]), .. new byte[8]],
            CriuPayload.SharedMemory => [.. Write(type, [new IpcShmEntry { Size = 6 }]), .. new byte[8]],
            CriuPayload.MessageQueue => [.. Write(type, [new IpcMsgEntry { Qnum = 1 }, new IpcMsg { Mtype = 1, Msize = 5 }]), .. new byte[8]],
            CriuPayload.BpfMapData => [.. Write(type, [new BpfmapDataEntry { KeysBytes = 4, ValuesBytes = 4 }]), .. new byte[8]],
            _ => [.. Write(type, [new GhostFileEntry { Chunks = true }, new GhostChunkEntry { Len = 4, Off = 4096 }]), .. new byte[4]],
        };
    }

    private static IMessage Fill(IMessage message, FuzzRandom random, int depth)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder().Where(field => !field.IsMap))
        {
            if (field.FieldType == FieldType.Message && depth >= Deepest)
                continue;
            if (field.IsRepeated)
                ((System.Collections.IList)field.Accessor.GetValue(message)).Add(Value(field, random, depth));
            else
                field.Accessor.SetValue(message, Value(field, random, depth));
        }
        return message;
    }

    private static object Value(FieldDescriptor field, FuzzRandom random, int depth) => field.FieldType switch
    {
        FieldType.Message => Fill(field.MessageType.Parser.ParseFrom(ByteString.Empty), random, depth + 1),
        FieldType.String => random.Pick(["/", "/data/x", "eth0", "name", ""]),
        FieldType.Bytes => ByteString.CopyFrom(random.Bytes(random.Next(20))),
        FieldType.Bool => random.OneIn(2),
        FieldType.Enum => Enum.ToObject(field.EnumType.ClrType, field.EnumType.Values[random.Next(field.EnumType.Values.Count)].Number),
        FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 => (long)random.Next(100),
        FieldType.UInt64 or FieldType.Fixed64 => (ulong)random.Next(100),
        FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => random.Next(20),
        _ => (uint)random.Next(20),
    };

    private static void Write(MemoryStream stream, uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        stream.Write(bytes);
    }
}
