namespace KubeCheckpoint;

/// <summary>A difference between two checkpoints.</summary>
public sealed record CheckpointDifference
{
    /// <summary>The full path of the reference archive: the state before.</summary>
    public required string ReferencePath { get; init; }

    /// <summary>The full path of the difference archive: the state after.</summary>
    public required string ArchivePath { get; init; }

    /// <summary>What kind of thing differs.</summary>
    public required CheckpointDifferenceKind Kind { get; init; }

    /// <summary>How it differs.</summary>
    public required CheckpointChange Change { get; init; }

    /// <summary>The process it belongs to, by its id in the archive that has it; null for mounts and files.</summary>
    public int? ProcessId { get; init; }

    /// <summary>The name of that process, or null for mounts and files.</summary>
    public string? ProcessName { get; init; }

    /// <summary>
    /// What differs: the property of a process, the name of a variable, the number of a descriptor, a socket's addresses, a mount
    /// point, the range or file of a map, the path of a file.
    /// </summary>
    public required string Name { get; init; }

    /// <summary>The value before, or null where there was none.</summary>
    public string? Before { get; init; }

    /// <summary>The value after, or null where there is none.</summary>
    public string? After { get; init; }

    /// <summary>The object before, as its own cmdlet gets it, or null.</summary>
    public object? ReferenceObject { get; init; }

    /// <summary>The object after, as its own cmdlet gets it, or null.</summary>
    public object? DifferenceObject { get; init; }

    /// <summary>For <see cref="CheckpointDifferenceKind.Memory"/>: how many pages differ, and where.</summary>
    public MemoryChange? Memory { get; init; }
}
