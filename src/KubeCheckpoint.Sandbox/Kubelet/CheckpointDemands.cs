using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace KubeCheckpoint.Sandbox.Kubelet;

/// <summary>What CRIU compares with the node and requires of the pod when it restores.</summary>
/// <param name="RootModes">The modes that the root folder is expected to have; empty if the images do not record any.</param>
/// <param name="ExternalMounts">The keys of the mounts for which the runtime must have a source.</param>
internal sealed record CheckpointDemands(IReadOnlySet<uint> RootModes, IReadOnlySet<string> ExternalMounts)
{
    /// <summary>The sizes of open files by their paths; null for a log, which is only appended to, and has no size in the images.</summary>
    public IReadOnlyDictionary<string, long?> Files { get; init; } = new Dictionary<string, long?>();

    // Field numbers of CRIU's images/fdinfo.proto, regfile.proto and mnt.proto.
    private const int FileRegular = 3;
    private const int RegularName = 6;
    private const int RegularSize = 8;
    private const int RegularMode = 10;
    private const int MountKey = 18;

    public static readonly CheckpointDemands None = new(new HashSet<uint>(), new HashSet<string>());

    /// <summary>Whether the mode of a root folder, such as 040755, is the expected one.</summary>
    public bool IsRootAs(uint mode) => RootModes.All(expected => expected == mode);

    public static CheckpointDemands Of(IEnumerable<byte[]> files, IEnumerable<byte[]> mounts)
    {
        var modes = new HashSet<uint>();
        var sizes = new Dictionary<string, long?>();
        foreach (var entry in files.SelectMany(Entries))
        {
            foreach (var regular in Texts(entry, FileRegular))
            {
                if (Texts(regular, RegularName).Any(name => name.AsSpan().SequenceEqual("/"u8)))
                    modes.UnionWith(Numbers(regular, RegularMode).Select(mode => (uint)mode));
                foreach (var name in Texts(regular, RegularName).Select(Encoding.UTF8.GetString))
                    sizes[name] = Numbers(regular, RegularSize).Select(size => (long?)size).FirstOrDefault();
            }
        }
        var keys = mounts.SelectMany(Entries).SelectMany(entry => Texts(entry, MountKey)).Select(Encoding.UTF8.GetString).ToHashSet();
        return new CheckpointDemands(modes, keys) { Files = sizes };
    }

    /// <summary>The mode as CRIU prints it.</summary>
    public static string Octal(uint mode) => "0" + Convert.ToString(mode, 8).ToString(CultureInfo.InvariantCulture);

    // Two magic numbers, then messages, each preceded by its size.
    private static IEnumerable<byte[]> Entries(byte[] image)
    {
        for (var offset = 8; offset + 4 <= image.Length;)
        {
            var size = (int)BinaryPrimitives.ReadUInt32LittleEndian(image.AsSpan(offset));
            if (size < 0 || size > image.Length - offset - 4)
                yield break;
            yield return image[(offset + 4)..(offset + 4 + size)];
            offset += 4 + size;
        }
    }

    private static IEnumerable<byte[]> Texts(byte[] message, int field) =>
        Fields(message).Where(found => found.Number == field && found.Text is not null).Select(found => found.Text!);

    private static IEnumerable<ulong> Numbers(byte[] message, int field) =>
        Fields(message).Where(found => found.Number == field && found.Text is null).Select(found => found.Value);

    private static List<(int Number, ulong Value, byte[]? Text)> Fields(byte[] message)
    {
        var fields = new List<(int, ulong, byte[]?)>();
        var position = 0;
        while (position < message.Length && TryReadNumber(message, ref position, out var tag))
        {
            ulong value = 0;
            byte[]? text = null;
            switch (tag & 7)
            {
                case 0 when TryReadNumber(message, ref position, out value):
                    break;
                case 2 when TryReadNumber(message, ref position, out value) && value <= (ulong)(message.Length - position):
                    text = message[position..(position + (int)value)];
                    position += (int)value;
                    break;
                case 1:
                    position += 8;
                    break;
                case 5:
                    position += 4;
                    break;
                default:
                    return fields;
            }
            fields.Add(((int)(tag >> 3), value, text));
        }
        return fields;
    }

    private static bool TryReadNumber(byte[] message, ref int position, out ulong value)
    {
        value = 0;
        for (var shift = 0; shift < 64 && position < message.Length; shift += 7)
        {
            var next = message[position++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
                return true;
        }
        return false;
    }
}
