using System.Globalization;

namespace KubeCheckpoint.Archives.Comparison;

/// <summary>Compares two processes that are the same in two checkpoints: their properties, command line and environment.</summary>
internal sealed class ProcessComparer(DifferenceFactory factory)
{
    // The properties that are compared; ids in the order uid, euid, suid, fsuid.
    private static readonly (string Name, Func<CheckpointProcess, string?> Value)[] Properties =
    [
        ("Name", process => process.Name),
        ("ParentId", process => process.ParentId.ToString(CultureInfo.InvariantCulture)),
        ("State", process => process.State.ToString()),
        ("Path", process => process.IsPathDeleted ? process.Path + " (deleted)" : process.Path),
        ("WorkingDirectory", process => process.WorkingDirectory),
        ("Root", process => process.Root),
        ("UserIds", process => Text(process.UserId, process.EffectiveUserId, process.SavedUserId, process.FileSystemUserId)),
        ("GroupIds", process => Text(process.GroupId, process.EffectiveGroupId, process.SavedGroupId, process.FileSystemGroupId)),
        ("Groups", process => process.Groups is null ? null : string.Join(',', process.Groups)),
        ("EffectiveCapabilities", process => Text(process.Capabilities?.Effective)),
        ("PermittedCapabilities", process => Text(process.Capabilities?.Permitted)),
        ("InheritableCapabilities", process => Text(process.Capabilities?.Inheritable)),
        ("BoundingCapabilities", process => Text(process.Capabilities?.Bounding)),
        ("AmbientCapabilities", process => Text(process.Capabilities?.Ambient)),
        ("NoNewPrivileges", process => process.NoNewPrivileges?.ToString()),
        ("SeccompMode", process => process.SeccompMode?.ToString()),
        ("LsmLabel", process => process.LsmLabel),
        ("Threads", process => process.Threads.Count.ToString(CultureInfo.InvariantCulture)),
    ];

    /// <summary>A process that only one checkpoint has.</summary>
    public CheckpointDifference CompareAlone(CheckpointProcess? before, CheckpointProcess? after) =>
        factory.Make(CheckpointDifferenceKind.Process, (after ?? before)!.Name, Summary(before), Summary(after), after ?? before)
            with
        { ReferenceObject = before, DifferenceObject = after };

    public IEnumerable<CheckpointDifference> CompareProperties(CheckpointProcess before, CheckpointProcess after) => Properties
        .Select(property => (property.Name, Before: property.Value(before), After: property.Value(after)))
        .Where(property => property.Before != property.After)
        .Select(property => factory.Make(CheckpointDifferenceKind.Process, property.Name, property.Before, property.After, after)
            with
        { Change = CheckpointChange.Changed, ReferenceObject = before, DifferenceObject = after });

    public IEnumerable<CheckpointDifference> CompareCommandLine(CheckpointProcess before, CheckpointProcess after)
    {
        if (before.CommandLine != after.CommandLine)
        {
            yield return factory.Make(CheckpointDifferenceKind.CommandLine, "CommandLine", before.CommandLine, after.CommandLine, after)
                with
            { Change = CheckpointChange.Changed, ReferenceObject = before, DifferenceObject = after };
        }
    }

    public IEnumerable<CheckpointDifference> CompareEnvironment(CheckpointProcess before, CheckpointProcess after)
    {
        var (left, right) = (before.Environment ?? new Dictionary<string, string>(), after.Environment ?? new Dictionary<string, string>());
        return left.Keys.Union(right.Keys)
            .Where(name => left.GetValueOrDefault(name) != right.GetValueOrDefault(name))
            .Select(name => factory.Make(CheckpointDifferenceKind.Environment, name, left.GetValueOrDefault(name), right.GetValueOrDefault(name), after));
    }

    private static string? Summary(CheckpointProcess? process) =>
        process is null ? null : process.CommandLine is { Length: > 0 } line ? line : $"{process.Name} ({process.State})";

    private static string? Text(params uint?[] ids) => ids[0] is null ? null : string.Join(',', ids);

    private static string? Text(IReadOnlyList<string>? names) => names is null ? null : string.Join(',', names);
}
