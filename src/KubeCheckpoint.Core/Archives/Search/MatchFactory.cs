using KubeCheckpoint.Archives.Contents;

namespace KubeCheckpoint.Archives.Search;

/// <summary>Creates the matches that users get.</summary>
internal sealed class MatchFactory(string archivePath, int context)
{
    public CheckpointMemoryMatch Create(ReadOnlySpan<byte> buffer, in BatchSegment segment, SearchLane lane, in SearchHit hit)
    {
        var address = segment.AddressOf(hit.Start);
        var region = segment.Piece.Region;
        var process = region.Process;
        var map = process.Memory.FindMap(address)!;
        var source = region.Sources[region.FindSource(address)];
        var bytes = buffer.Slice(hit.Start, hit.Length);
        return new CheckpointMemoryMatch
        {
            ArchivePath = archivePath,
            ProcessId = process.Id,
            ProcessName = process.Name,
            Address = address,
            Length = hit.Length,
            Map = process.Maps.NameOf(map),
            MapStart = map.Start,
            MapEnd = map.End,
            Permissions = MapNames.PermissionsOf(map),
            Bytes = bytes.ToArray(),
            Encoding = lane.Encoding,
            Context = Context(buffer, segment, hit, lane.Encoding),
            PagesFile = source.Store.File.Name.Member!,
            Offset = source.Offset < 0 ? -1 : source.Offset + (long)(address - source.Address),
            Pattern = lane.Pattern,
        };
    }

    private string Context(ReadOnlySpan<byte> buffer, in BatchSegment segment, in SearchHit hit, MemoryEncoding encoding)
    {
        var region = segment.Piece.Region;
        var address = segment.AddressOf(hit.Start);
        var before = (int)Math.Min((ulong)context, address - region.Start);
        var behind = hit.Length > MemorySearchOptions.LargestContext ? 0 : (int)Math.Min((ulong)context, region.End - segment.AddressOf(hit.End));
        var length = Math.Min(hit.Length, MemorySearchOptions.LargestContext);
        if (encoding == MemoryEncoding.Utf16)
            before -= before % sizeof(char);
        var bytes = hit.Start - before >= segment.Start && hit.Start + length + behind <= segment.End
            ? buffer.Slice(hit.Start - before, before + length + behind)
            : Around(buffer.Slice(hit.Start, length), region, address, before, behind);
        return MatchText.Show(bytes, encoding);
    }

    // Bytes beyond the batch are read again; if that fails, the match is shown without them.
    private static ReadOnlySpan<byte> Around(ReadOnlySpan<byte> match, SearchRegion region, ulong address, int before, int behind)
    {
        var bytes = new byte[before + match.Length + behind];
        try
        {
            region.Read(address - (ulong)before, bytes);
            return bytes;
        }
        catch (KubeCheckpointException)
        {
            return match;
        }
    }
}
