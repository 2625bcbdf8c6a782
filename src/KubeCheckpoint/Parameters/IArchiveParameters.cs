namespace KubeCheckpoint.Parameters;

/// <summary>The checkpoint archives a cmdlet reads.</summary>
internal interface IArchiveParameters
{
    /// <summary>Archives: the output of Get-CheckpointArchive or Save-CheckpointArchive.</summary>
    public CheckpointArchive? InputObject { get; }

    /// <summary>Archives, checkpoint folders, or folders of archives. Wildcards are allowed.</summary>
    public string[]? Path { get; }

    /// <summary>Literal paths of archives or folders; no wildcards.</summary>
    public string[]? LiteralPath { get; }
}
