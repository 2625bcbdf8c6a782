using System.Diagnostics;

namespace KubeCheckpoint.Tests.Images;

/// <summary>The real programs images are tested with.</summary>
internal static class Tools
{
    public const string Registry = "docker-registry";
    public const string Skopeo = "skopeo";

    public static string? WhyMissing(string[] tools)
    {
        var missing = tools.Where(tool => Find(tool) is null).ToArray();
        return missing.Length == 0 || Environment.GetEnvironmentVariable("CI") == "true"
            ? null
            : $"not installed: {string.Join(", ", missing)} (apt-get install {string.Join(' ', missing)})";
    }

    public static string RunSkopeo(params string[] arguments)
    {
        var start = new ProcessStartInfo(Find(Skopeo) ?? Skopeo, ["--insecure-policy", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"skopeo {string.Join(' ', arguments)}: {error.Result}");
        return output;
    }

    public static string? Find(string tool) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, tool)).FirstOrDefault(File.Exists);
}
