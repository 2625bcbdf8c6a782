namespace KubeCheckpoint.Archives.Comparison;

/// <summary>
/// Finds which processes of two checkpoints are the same: the first of each container; those of one id that are of one name,
/// program or command line; of what is left, as in another container ids differ, those of one name and command line, in order.
/// </summary>
internal static class ProcessMatcher
{
    private const int FirstId = 1;

    public static IEnumerable<(CheckpointProcess? Before, CheckpointProcess? After)> Match(
        IReadOnlyList<CheckpointProcess> reference, IReadOnlyList<CheckpointProcess> difference)
    {
        var byId = KeyedDifference.Pair(reference, difference, process => process.Id).ToList();
        foreach (var (before, after) in byId.Where(IsSame))
            yield return (before, after);
        var others = byId.Where(pair => !IsSame(pair)).ToList();
        foreach (var pair in KeyedDifference.Pair(
            others.Select(pair => pair.Before).OfType<CheckpointProcess>(),
            others.Select(pair => pair.After).OfType<CheckpointProcess>(),
            process => (process.Name, process.CommandLine)))
        {
            yield return pair;
        }
    }

    private static bool IsSame((CheckpointProcess? Before, CheckpointProcess? After) pair) =>
        pair is ({ } before, { } after)
        && (after.Id == FirstId
            || before.Name == after.Name
            || (before.Path is not null && before.Path == after.Path)
            || (before.CommandLine is not null && before.CommandLine == after.CommandLine));
}
