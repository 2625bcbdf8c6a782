namespace KubeCheckpoint.Parameters;

/// <summary>The checkpoint archives a cmdlet reads.</summary>
internal interface IArchiveParameters
{
    /// <summary>Archives from Get-CheckpointArchive or Save-CheckpointArchive.</summary>
    public CheckpointArchive? InputObject { get; }

    /// <summary>Paths of archives, or of folders of them; wildcards are allowed.</summary>
    public string[]? Path { get; }

    /// <summary>Literal paths of archives or of folders of them; no wildcards.</summary>
    public string[]? LiteralPath { get; }
}
