namespace KubeCheckpoint.Archives.CoreDumps;

/// <summary>A PT_LOAD segment of a core file.</summary>
/// <param name="Address">Its address in memory.</param>
/// <param name="MemorySize">How much memory it describes, in bytes.</param>
/// <param name="FileSize">
/// How much of that is in the file. The rest is zeros; if it is 0 and a file is mapped, the rest is in that file.
/// </param>
/// <param name="Protection">PROT_READ 1, PROT_WRITE 2, PROT_EXEC 4.</param>
internal readonly record struct CoreSegment(ulong Address, ulong MemorySize, ulong FileSize, uint Protection)
{
    /// <summary>The address after the last byte.</summary>
    public ulong End => Address + MemorySize;
}
