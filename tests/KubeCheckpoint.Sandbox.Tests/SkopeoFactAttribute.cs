namespace KubeCheckpoint.Sandbox.Tests;

/// <summary>A test that needs skopeo, and is skipped if it is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SkopeoFactAttribute : FactAttribute
{
    public SkopeoFactAttribute()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        if (!folders.Any(folder => File.Exists(Path.Join(folder, "skopeo"))))
            Skip = "skopeo is not installed";
    }
}
