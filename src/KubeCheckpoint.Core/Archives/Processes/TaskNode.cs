using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Archives.Processes;

/// <summary>A process of the tree, before its images are read.</summary>
/// <param name="Entry">Its entry in <c>pstree.img</c>.</param>
/// <param name="Name">Its name (comm).</param>
/// <param name="Depth">Its depth among the selected processes.</param>
/// <param name="Prefix">What is drawn before its name.</param>
internal sealed record TaskNode(PstreeEntry Entry, string Name, int Depth = 0, string Prefix = "")
{
    public int Id => (int)Entry.Pid;
}
