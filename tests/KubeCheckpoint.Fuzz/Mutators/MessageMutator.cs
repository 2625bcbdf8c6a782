using Google.Protobuf.Reflection;

namespace KubeCheckpoint.Fuzz.Mutators;

/// <summary>Changes a protobuf message field by field, with what its definition knows: tags, lengths, numbers, copies, nesting, packed lists.</summary>
internal static class MessageMutator
{
    private const int LastWireType = 8;

    public static byte[] Mutate(byte[] message, MessageDescriptor descriptor, FuzzRandom random)
    {
        if (!WireField.TryParse(message, descriptor, out var fields))
            return RawMutator.Instance.Mutate(message, random);
        if (fields.Count == 0 || random.OneIn(6))
            Add(fields, descriptor, random);
        else
            Change(fields, random);
        return WireField.Write(fields);
    }

    private static void Change(List<WireField> root, FuzzRandom random)
    {
        var (field, owner) = random.Pick(WireField.All(root));
        switch (random.Next(12))
        {
            case 0:
                owner.Remove(field);
                break;
            case 1:
                owner.Insert(random.Next(owner.Count + 1), field.Clone());
                break;
            case 2:
                owner.AddRange(Enumerable.Range(0, random.OneIn(10) ? 3000 : random.Next(40)).Select(_ => field.Clone()));
                break;
            case 3:
                field.Number = random.Next(3) == 0 ? (uint)random.Extreme() >> 3 : (uint)random.Next(40);
                break;
            case 4:
                field.WireType = (uint)random.Next(LastWireType);
                break;
            case 5:
                field.LengthError = random.Next(3) == 0 ? (long)random.Extreme() : random.Next(9) - 4;
                break;
            case 6:
                field.Padding = random.Next(12);
                break;
            case 7 when field.Message is { } message:
                field.Children ??= [];
                Add(field.Children, message, random);
                break;
            case 8 when field.Children is not null:
                Nest(field, random);
                break;
            case 9 when owner.Count > 1:
                (owner[0], owner[^1]) = (owner[^1], owner[0]);
                break;
            default:
                ChangeContent(field, random);
                break;
        }
    }

    private static void ChangeContent(WireField field, FuzzRandom random)
    {
        if (field.Children is { Count: > 0 } children)
            ChangeContent(random.Pick(children), random);
        else if (field.Bytes is not null)
            field.Bytes = Content(field.Bytes, random);
        else
            field.Value = random.Next(4) == 0 ? field.Value + (ulong)random.Next(5) - 2 : random.Extreme();
    }

    private static byte[] Content(byte[] bytes, FuzzRandom random) => random.Next(6) switch
    {
        0 => [],
        1 => [.. Enumerable.Repeat((byte)1, random.OneIn(20) ? 200_000 : random.Next(5000))],
        2 => [.. Enumerable.Range(0, random.OneIn(10) ? 2000 : 3).SelectMany(_ => bytes.Length > 256 ? bytes.AsSpan(0, 256).ToArray() : bytes)],
        3 => new TextMutator("/", "..", "socket:[1]", "pipe:[1]", " (deleted)", "anon_inode:[eventfd]").Mutate(bytes, random),
        _ => RawMutator.Instance.Mutate(bytes, random),
    };

    // A message in itself, as often as recursion may go.
    private static void Nest(WireField field, FuzzRandom random)
    {
        for (var depth = random.Pick([1, 20, 99, 100, 101, 150, 2000]); depth > 0; depth--)
            field.Children = [field.With(field.Children)];
    }

    // A field of the definition, whether or not the message has it.
    private static void Add(List<WireField> owner, MessageDescriptor descriptor, FuzzRandom random)
    {
        var fields = descriptor.Fields.InDeclarationOrder();
        var known = fields.Count > 0 ? random.Pick([.. fields]) : null;
        var number = (uint)(known?.FieldNumber ?? 1 + random.Next(1000));
        owner.Insert(random.Next(owner.Count + 1), known?.FieldType is FieldType.Message or FieldType.String or FieldType.Bytes || random.OneIn(8)
            ? WireField.Of(number, random.Bytes(random.Next(12)))
            : WireField.Of(number, random.Extreme()));
    }
}
