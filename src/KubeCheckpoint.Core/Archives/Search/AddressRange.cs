namespace KubeCheckpoint.Archives.Search;

/// <summary>Addresses from a first one up to, and without, a last one.</summary>
internal readonly record struct AddressRange(ulong Start, ulong End)
{
    /// <summary>Whether all of another range is in this one.</summary>
    public bool Contains(ulong start, ulong end) => start >= Start && end <= End;
}
