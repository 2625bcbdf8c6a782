namespace KubeCheckpoint.Archives.Expansion;

/// <summary>The members of an archive to write, and the destination.</summary>
public sealed record ExpansionRequest
{
    /// <summary>The archive's full path.</summary>
    public required string ArchivePath { get; init; }

    /// <summary>The full path of the folder; it is created when the first file is written.</summary>
    public required string Destination { get; init; }

    /// <summary>Selects members by name.</summary>
    public Func<string, bool> IsWanted { get; init; } = _ => true;

    /// <summary>Replaces files that exist.</summary>
    public bool Overwrite { get; init; }
}
