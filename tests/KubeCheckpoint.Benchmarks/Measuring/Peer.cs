using System.Diagnostics;

namespace KubeCheckpoint.Benchmarks.Measuring;

/// <summary>Another program, where it is installed.</summary>
internal static class Peer
{
    /// <summary>Whether a program is on PATH; says so where it is not.</summary>
    public static bool IsInstalled(string name)
    {
        var found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, name)));
        if (!found)
            Console.WriteLine($"  {name} is not on PATH: left out");
        return found;
    }

    /// <summary>Runs a program to its end; its output is read and dropped.</summary>
    /// <param name="allowed">The exit codes that mean it did its work.</param>
    public static void Run(string name, string[] arguments, params int[] allowed)
    {
        var start = new ProcessStartInfo(name, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        process.StandardOutput.BaseStream.CopyTo(Stream.Null);
        process.WaitForExit();
        if (process.ExitCode != 0 && !allowed.Contains(process.ExitCode))
            throw new InvalidOperationException($"{name} ended with {process.ExitCode}: {error.Result}");
    }
}
