using static KubeCheckpoint.Tests.Acceptance.AcceptanceSettings;

namespace KubeCheckpoint.Tests.Acceptance;

/// <summary>A test of each program between each two nodes, that is skipped where no cluster, images or nodes are given.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ProgramTheoryAttribute : TheoryAttribute
{
    public ProgramTheoryAttribute()
    {
        if (string.IsNullOrEmpty(KubeConfig))
            Skip = $"{KubeConfigVariable} is not set.";
        else if (Images.Length == 0 || Nodes.Length == 0)
            Skip = $"{Prefix}IMAGES and {Prefix}NODES do not name the images of tests/acceptance/make-images.sh and nodes to run them on.";
    }
}
