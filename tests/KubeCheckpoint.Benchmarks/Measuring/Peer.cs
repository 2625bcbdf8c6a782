using System.Diagnostics;

namespace KubeCheckpoint.Benchmarks.Measuring;

/// <summary>Runs other programs, if they are installed.</summary>
internal static class Peer
{
    /// <summary>Whether a program is on PATH; prints a message if not.</summary>
    public static bool IsInstalled(string name)
    {
        var found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, name)));
        if (!found)
            Console.WriteLine($"  {name} is not on PATH: left out");
        return found;
    }

    /// <summary>Runs a program to its end and discards its output.</summary>
    /// <param name="allowed">The exit codes that mean success.</param>
    public static void Run(string name, string[] arguments, params int[] allowed) => Run(new ProcessStartInfo(name, arguments), allowed);

    /// <summary>Runs a program to its end and discards its output.</summary>
    /// <param name="allowed">The exit codes that mean success.</param>
    public static void Run(ProcessStartInfo start, params int[] allowed)
    {
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        process.StandardOutput.BaseStream.CopyTo(Stream.Null);
        process.WaitForExit();
        if (process.ExitCode != 0 && !allowed.Contains(process.ExitCode))
            throw new InvalidOperationException($"{start.FileName} ended with {process.ExitCode}: {error.Result}");
    }
}
