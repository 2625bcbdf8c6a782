namespace KubeCheckpoint.Tests.Engine;

/// <summary>A test that mounts its own disk.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LinuxRootFactAttribute : FactAttribute
{
    public LinuxRootFactAttribute()
    {
        if (!OperatingSystem.IsLinux() || Environment.UserName != "root")
            Skip = "Mounting a small disk needs root on Linux.";
    }
}
