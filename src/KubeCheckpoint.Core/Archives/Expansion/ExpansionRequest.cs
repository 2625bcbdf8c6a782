namespace KubeCheckpoint.Archives.Expansion;

/// <summary>Which members of an archive are to be written, and where.</summary>
public sealed record ExpansionRequest
{
    /// <summary>The archive's full path.</summary>
    public required string ArchivePath { get; init; }

    /// <summary>The full path of the folder; it is made when the first file is written.</summary>
    public required string Destination { get; init; }

    /// <summary>Tells by its name whether a member is wanted.</summary>
    public Func<string, bool> IsWanted { get; init; } = _ => true;

    /// <summary>Replaces files that exist.</summary>
    public bool Overwrite { get; init; }
}
