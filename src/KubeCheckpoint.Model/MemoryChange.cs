namespace KubeCheckpoint;

/// <summary>How the pages of a map differ between two checkpoints. A page counts where a checkpoint holds it.</summary>
public sealed record MemoryChange
{
    /// <summary>In bytes: the smaller of the two checkpoints' page sizes.</summary>
    public required int PageSize { get; init; }

    /// <summary>Pages that only the second holds.</summary>
    public required long PagesAdded { get; init; }

    /// <summary>Pages that both hold, with other bytes.</summary>
    public required long PagesChanged { get; init; }

    /// <summary>Pages that only the first holds.</summary>
    public required long PagesRemoved { get; init; }

    /// <summary>Pages that both hold, with the same bytes.</summary>
    public required long PagesSame { get; init; }

    /// <summary>Where pages differ, ascending; adjacent pages that changed in the same way are one range.</summary>
    public required IReadOnlyList<MemoryRangeChange> Ranges { get; init; }

    /// <summary>The counts.</summary>
    public override string ToString() => $"+{PagesAdded} ~{PagesChanged} -{PagesRemoved} ={PagesSame} pages";
}
