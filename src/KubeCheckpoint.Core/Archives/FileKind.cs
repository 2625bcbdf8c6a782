namespace KubeCheckpoint.Archives;

/// <summary>What a file or folder is that was taken for something else, and what to do with it.</summary>
/// <param name="Name">The kind, as in "it is an ELF core dump".</param>
/// <param name="Advice">Which cmdlet or program reads it.</param>
public sealed record FileKind(string Name, string Advice)
{
    /// <summary>Whether it is a tar, plain or compressed, or a folder with the same files.</summary>
    public bool IsTar { get; init; }

    /// <summary>Whether it is a checkpoint, whole or in part.</summary>
    public bool IsCheckpoint { get; init; }

    /// <summary>Whether it is an image that Get-RestoreImage -Path reads.</summary>
    public bool IsImage { get; init; }
}
