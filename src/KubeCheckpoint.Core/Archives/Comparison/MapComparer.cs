using System.Globalization;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Criu.Memory;

namespace KubeCheckpoint.Archives.Comparison;

/// <summary>Compares the address spaces of two processes: their maps, and the pages of those that are the same.</summary>
internal sealed class MapComparer(
    DifferenceFactory factory, ComparedCheckpoint reference, ComparedCheckpoint difference, CancellationToken cancellationToken)
{
    // Shared memory is compared once, however many processes map it.
    private readonly HashSet<(ulong?, ulong?)> _segments = [];

    public IEnumerable<CheckpointDifference> Compare(
        CheckpointProcess before, CheckpointProcess after, IReadOnlyCollection<CheckpointDifferenceKind> kinds)
    {
        if (reference.Images.Memory((uint)before.Id) is not { } left || difference.Images.Memory((uint)after.Id) is not { } right)
            yield break;
        var (leftNames, rightNames) = (Names(reference, before), Names(difference, after));
        var memory = new MemoryComparer(left, right, Math.Min(reference.Images.PageSize, difference.Images.PageSize), cancellationToken);
        foreach (var pair in new MapMatcher(leftNames.NameOf, rightNames.NameOf).Match(left.Maps, right.Maps))
        {
            var (oldText, newText) = (Text(pair.Reference, leftNames), pair.Difference is null ? null : Text(pair.Difference, rightNames));
            if (kinds.Contains(CheckpointDifferenceKind.MemoryMap) && oldText != newText)
                yield return factory.Make(CheckpointDifferenceKind.MemoryMap, Name(pair, leftNames, rightNames), oldText, newText, after);
            if (kinds.Contains(CheckpointDifferenceKind.Memory) && IsNew(pair) && memory.Compare(pair) is { Ranges.Count: > 0 } change)
                yield return Make(pair, change, leftNames, rightNames, after);
        }
    }

    private CheckpointDifference Make(MapPair pair, MemoryChange change, MapNames before, MapNames after, CheckpointProcess process) =>
        factory.Make(CheckpointDifferenceKind.Memory, Name(pair, before, after), null, change.ToString(), process) with
        {
            Change = pair.Reference.Count == 0 ? CheckpointChange.Added : pair.Difference is null ? CheckpointChange.Removed : CheckpointChange.Changed,
            Memory = change,
        };

    private bool IsNew(MapPair pair)
    {
        var segments = (
            pair.Reference.Count == 0 ? null : reference.Images.SegmentOf(pair.Reference[0].Map),
            pair.Difference is null ? null : difference.Images.SegmentOf(pair.Difference));
        return segments == (null, null) || _segments.Add(segments);
    }

    private static MapNames Names(ComparedCheckpoint checkpoint, CheckpointProcess process) =>
        new(checkpoint.Images, checkpoint.Images.Mm((uint)process.Id)!);

    private static string Name(MapPair pair, MapNames before, MapNames after) =>
        pair.Difference is { } map ? Text(map, after) : Text(pair.Reference, before)!;

    private static string? Text(IReadOnlyList<MapSlice> slices, MapNames names) =>
        slices.Count == 0 ? null : string.Join(", ", slices.Select(slice => Text(slice.Map, names)));

    private static string Text(Vma map, MapNames names) => string.Create(
        CultureInfo.InvariantCulture, $"{map.Start:x}-{map.End:x} {MapNames.PermissionsOf(map)} {names.NameOf(map)}");
}
