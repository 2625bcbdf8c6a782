namespace KubeCheckpoint.Sandbox;

/// <summary>A container of a <see cref="SandboxPod"/>.</summary>
/// <param name="Name">The container's name.</param>
/// <param name="Image">Its image; the default is the one that the archives of the sandbox were taken from.</param>
public sealed record SandboxContainer(string Name, string Image = SandboxContainer.CounterImage)
{
    /// <summary>The image of the program that runs in the archives of the sandbox.</summary>
    public const string CounterImage = "127.0.0.1:5000/counter:1";

    /// <summary>
    /// The archive that a checkpoint of the container is copied from, under <c>archives/</c> or by its full path; null for the counter of the
    /// node's runtime.
    /// </summary>
    public string? Archive { get; init; }

    /// <summary>
    /// Processes of this machine that run in the container: commands there see them, and no others, in /proc. The test starts and ends them.
    /// </summary>
    public IReadOnlyList<int> Processes { get; init; } = [];

    /// <summary>
    /// Whether an emulated program runs in it that acknowledges a write every few milliseconds, unless it is held. Its checkpoints contain the
    /// number of its writes, from which a restored container continues.
    /// </summary>
    public bool Writes { get; init; }

    /// <summary>
    /// The file in an emptyDir volume, or in /dev/shm, to which the program appends a line with the number of each write; empty for none. A
    /// checkpoint is restored only where the file has the same length.
    /// </summary>
    public string WritesTo { get; init; } = "";

    /// <summary>Environment variables.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Volume mounts: the volume's name and the path it is mounted at.</summary>
    public IReadOnlyDictionary<string, string> Mounts { get; init; } = new Dictionary<string, string>();
}
