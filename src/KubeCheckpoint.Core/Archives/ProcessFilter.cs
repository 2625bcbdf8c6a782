namespace KubeCheckpoint.Archives;

/// <summary>Selects processes of a checkpoint.</summary>
/// <param name="id">The process's id in its own pid namespace.</param>
/// <param name="name">Its name (comm).</param>
public delegate bool ProcessFilter(int id, string name);
