using System.Text;

namespace KubeCheckpoint.Fuzz.Drafts;

/// <summary>A tar as headers with their data, which share what is not changed with the seed.</summary>
internal sealed class TarDraft : IDraft
{
    private readonly List<TarPart> _parts;
    private byte[] _end;

    public TarDraft(string seed, byte[] tar)
        : this(seed, Parse(tar, out var end), end)
    {
    }

    private TarDraft(string seed, List<TarPart> parts, byte[] end)
    {
        Seed = seed;
        _parts = parts;
        _end = end;
    }

    public string Seed { get; }

    public IReadOnlyList<TarPart> Parts => _parts;

    public ReadOnlySpan<byte> End => _end;

    /// <summary>The names of the members whose content was changed; the name of a file that is read anyway where headers were.</summary>
    public HashSet<string> Touched { get; } = new(StringComparer.Ordinal);

    public bool IsStructureTouched { get; private set; }

    public TarDraft Copy() => new(Seed, [.. _parts], _end);

    public void Mutate(FuzzRandom random)
    {
        if (_parts.Count == 0 || random.OneIn(4))
            MutateStructure(random);
        else
            MutateContent(random);
    }

    public int Length => (int)_parts.Sum(part => part.Length) + _end.Length;

    public void CopyTo(Span<byte> buffer)
    {
        foreach (var part in _parts)
        {
            part.CopyTo(buffer);
            buffer = buffer[(int)part.Length..];
        }
        _end.CopyTo(buffer);
    }

    private void MutateContent(FuzzRandom random)
    {
        // Images and documents rather than pages, in which any byte is as good as another.
        var at = random.Next(_parts.Count);
        for (var tries = 0; tries < 4 && (_parts[at].Data.Length == 0 || MemberFormat.IsRaw(_parts[at].Name)); tries++)
            at = random.Next(_parts.Count);
        var part = _parts[at];
        _parts[at] = part.WithData(MemberFormat.MutatorOf(part.Name).Mutate(part.Data, random));
        Touched.Add(part.Name);
    }

    private void MutateStructure(FuzzRandom random)
    {
        IsStructureTouched = true;
        var at = random.Next(_parts.Count);
        if (_parts.Count == 0 || random.OneIn(12))
        {
            ChangeEnd(random);
            return;
        }
        switch (random.Next(8))
        {
            case 0:
                _parts.RemoveAt(at);
                break;
            case 1:
                _parts.Insert(random.Next(_parts.Count + 1), _parts[at]);
                break;
            case 2:
                var moved = _parts[at];
                _parts.RemoveAt(at);
                _parts.Insert(random.Next(_parts.Count + 1), moved);
                break;
            case 3 or 4:
                _parts.Insert(at, TarHeaders.Extended(_parts[at], random));
                break;
            case 5 when _parts[at].Data.Length > 0:
                var sparse = TarHeaders.Sparse(_parts[at], random);
                _parts.RemoveAt(at);
                _parts.InsertRange(at, sparse);
                break;
            default:
                _parts[at] = TarHeaders.Edit(_parts[at], random);
                break;
        }
    }

    private void ChangeEnd(FuzzRandom random) => _end = random.Next(5) switch
    {
        0 => [],
        1 => new byte[TarPart.Block],
        2 => [.. _end, .. random.Bytes(random.Next(2000))],
        3 => Encoding.ASCII.GetBytes("not a header"),
        _ => new byte[random.Next(40) * TarPart.Block],
    };

    private static List<TarPart> Parse(byte[] tar, out byte[] end)
    {
        var parts = new List<TarPart>();
        var at = 0;
        while (tar.Length - at >= TarPart.Block && tar.AsSpan(at, TarPart.Block).ContainsAnyExcept((byte)0))
        {
            var size = SizeOf(tar.AsSpan(at + TarPart.SizeAt, 12));
            if (size < 0 || size > tar.Length - at - TarPart.Block)
                break;
            var start = at + TarPart.Block;
            parts.Add(new TarPart(tar[at..start], tar[start..(start + (int)size)]));
            at = (int)Math.Min(tar.Length, start + TarPart.Padded(size));
        }
        end = tar[at..];
        return parts;
    }

    private static long SizeOf(ReadOnlySpan<byte> field)
    {
        var size = 0L;
        foreach (var octet in field)
        {
            if (octet is >= (byte)'0' and <= (byte)'7')
                size = size * 8 + octet - '0';
            else if (octet is not ((byte)' ' or 0))
                return -1;
        }
        return size;
    }
}
