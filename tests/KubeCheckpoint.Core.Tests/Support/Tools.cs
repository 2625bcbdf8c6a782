using System.Diagnostics;

namespace KubeCheckpoint.Core.Tests.Support;

/// <summary>The real programs that check the results.</summary>
internal static class Tools
{
    public const string Registry = "docker-registry";
    public const string Skopeo = "skopeo";
    public const string Gdb = "gdb";
    public const string GdbMultiarch = "gdb-multiarch";
    public const string Xxd = "xxd";

    public static string? WhyMissing(string[] tools)
    {
        var missing = tools.Where(tool => Find(tool) is null).ToArray();
        return missing.Length == 0 || Environment.GetEnvironmentVariable("CI") == "true"
            ? null
            : $"not installed: {string.Join(", ", missing)} (apt-get install {string.Join(' ', missing)})";
    }

    public static string RunSkopeo(params string[] arguments) => Run(Skopeo, ["--insecure-policy", .. arguments]).Output;

    /// <summary>Runs a program that must succeed.</summary>
    public static (string Output, string Errors) Run(string tool, params string[] arguments)
    {
        var (exitCode, output, errors) = Start(tool, arguments);
        Assert.True(exitCode == 0, $"{tool} {string.Join(' ', arguments)}: {errors}");
        return (output, errors);
    }

    /// <summary>What a program says, whether it succeeds or not.</summary>
    public static string Output(string tool, params string[] arguments) => Start(tool, arguments).Output;

    public static string? Find(string tool) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, tool)).FirstOrDefault(File.Exists);

    private static (int ExitCode, string Output, string Errors) Start(string tool, string[] arguments)
    {
        var start = new ProcessStartInfo(Find(tool) ?? tool, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}
