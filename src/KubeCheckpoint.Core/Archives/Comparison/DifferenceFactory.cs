namespace KubeCheckpoint.Archives.Comparison;

/// <summary>Creates differences between two archives.</summary>
internal sealed class DifferenceFactory(string referencePath, string differencePath)
{
    /// <summary>Creates a difference with at least one side; which sides are present determines the change.</summary>
    public CheckpointDifference Make(CheckpointDifferenceKind kind, string name, string? before, string? after, CheckpointProcess? process = null) => new()
    {
        ReferencePath = referencePath,
        ArchivePath = differencePath,
        Kind = kind,
        Change = before is null ? CheckpointChange.Added : after is null ? CheckpointChange.Removed : CheckpointChange.Changed,
        ProcessId = process?.Id,
        ProcessName = process?.Name,
        Name = name,
        Before = before,
        After = after,
    };

    /// <summary>
    /// Compares items that are paired by a key, as text: a pair with different text is a change, an item without a partner
    /// was added or removed.
    /// </summary>
    public IEnumerable<CheckpointDifference> Compare<T, TKey>(
        CheckpointDifferenceKind kind,
        IEnumerable<T> before,
        IEnumerable<T> after,
        Func<T, TKey> key,
        Func<T, string> name,
        Func<T, string> text,
        CheckpointProcess? process = null)
        where T : class
        where TKey : notnull
    {
        foreach (var (left, right) in KeyedDifference.Pair(before, after, key))
        {
            var (leftText, rightText) = (left is null ? null : text(left), right is null ? null : text(right));
            if (leftText != rightText)
                yield return Make(kind, name(right ?? left!), leftText, rightText, process) with { ReferenceObject = left, DifferenceObject = right };
        }
    }
}
