namespace KubeCheckpoint;

/// <summary>A file of a restored container that differs from the checkpoint, although nothing has changed it since.</summary>
public sealed record RestoredFileDifference
{
    /// <summary>The container.</summary>
    public required string ContainerName { get; init; }

    /// <summary>The path in the container.</summary>
    public required string Path { get; init; }

    /// <summary>What is wrong.</summary>
    public required RestoredFileProblem Problem { get; init; }

    /// <summary>The type, size or time in the archive.</summary>
    public string? Expected { get; init; }

    /// <summary>The type, size or time in the container; null where it is missing.</summary>
    public string? Actual { get; init; }

    /// <summary>The path and what is wrong with it.</summary>
    public override string ToString() => Problem switch
    {
        RestoredFileProblem.Missing => TerminalText.Line($"{Path} is missing"),
        RestoredFileProblem.OtherType => TerminalText.Line($"{Path} is a {Actual} instead of a {Expected}"),
        RestoredFileProblem.OtherSize => TerminalText.Line($"{Path} has {Actual} bytes instead of {Expected}"),
        _ => TerminalText.Line($"{Path} is from {Actual} instead of {Expected}"),
    };
}
