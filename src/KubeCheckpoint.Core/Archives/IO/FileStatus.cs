namespace KubeCheckpoint.Archives.IO;

/// <summary>The status of an open file on Unix.</summary>
/// <param name="Mode">Type and permissions.</param>
/// <param name="Links">How many names it has.</param>
/// <param name="Owner">The user it belongs to.</param>
internal sealed record FileStatus(int Mode, long Links, uint Owner)
{
    private const int TypeBits = 0xf000;
    private const int RegularType = 0x8000;

    /// <summary>Whether it is a regular file: no folder, FIFO, socket or device.</summary>
    public bool IsRegular => (Mode & TypeBits) == RegularType;
}
