namespace KubeCheckpoint.Archives.Exports;

/// <summary>A process of an archive.</summary>
/// <param name="Id">Its id in its own pid namespace.</param>
/// <param name="Name">Its name (comm).</param>
/// <param name="HasMemory">False for a zombie.</param>
public sealed record MemoryProcess(int Id, string Name, bool HasMemory);
