namespace KubeCheckpoint.Core.Tests.Support;

/// <summary>A test with files of another user, which only root can make. Otherwise it is skipped with the reason.</summary>
internal sealed class RootFactAttribute : FactAttribute
{
    public RootFactAttribute() => Skip = OperatingSystem.IsLinux() && Environment.UserName == "root" ? null : "Only root can give a file to another user.";
}
