using System.Diagnostics;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Images;

/// <summary>
/// A real Podman that can checkpoint: as root, with CRIU and runc. <c>KUBECHECKPOINT_PODMAN</c> is a command that runs its arguments where
/// such a Podman is, for example in a chroot and its namespaces. Default: this machine.
/// </summary>
internal static class Podman
{
    private const string PlaceVariable = "KUBECHECKPOINT_PODMAN";
    private const string ImageVariable = "KUBECHECKPOINT_PODMAN_IMAGE";
    private const string BridgeVariable = "KUBECHECKPOINT_PODMAN_BRIDGE";

    private static readonly Lazy<string?> Missing = new(Look);

    /// <summary>An image with a shell that Podman already has; nothing is pulled.</summary>
    public static string Image => Environment.GetEnvironmentVariable(ImageVariable) ?? "localhost/counter:1";

    private static string[] Place => (Environment.GetEnvironmentVariable(PlaceVariable) ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Why Podman cannot be used, or null.</summary>
    public static string? WhyMissing(bool withBridge) => Missing.Value
        ?? (withBridge && Environment.GetEnvironmentVariable(BridgeVariable) != "1" ? $"{BridgeVariable}=1 says that Podman's network 'podman' works there" : null);

    /// <summary>Runs a command that must succeed, and returns its output.</summary>
    public static string Run(params string[] command) => RunWith(null, command);

    /// <summary>Does the same with a file as input.</summary>
    public static string RunWith(string? input, params string[] command)
    {
        var (code, output, errors) = Execute(input, command);
        Assert.True(code == 0, $"{string.Join(' ', command)}: {errors}");
        return output.Trim();
    }

    /// <summary>Runs a command that may fail.</summary>
    public static void Try(params string[] command) => Execute(null, command);

    /// <summary>Copies a file to this machine.</summary>
    public static void Fetch(string path, string target)
    {
        using var process = Start(["cat", path], hasInput: false);
        using (var file = File.Create(target))
            process.StandardOutput.BaseStream.CopyTo(file);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    /// <summary>Follows the log of a container until a line matches, and returns that line.</summary>
    public static async Task<string> FollowAsync(string container, Func<string, bool> isWanted)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using var process = Start(["podman", "logs", "--follow", container], hasInput: false);
        try
        {
            while (await process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
            {
                if (isWanted(line))
                    return line;
            }
            throw new InvalidOperationException($"The log of {container} ended: {await process.StandardError.ReadToEndAsync(patience.Token)}");
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }

    private static string? Look()
    {
        if (Place.Length == 0 && (Tools.Find("podman") is null || Tools.Find("criu") is null || Environment.UserName != "root"))
            return $"{PlaceVariable} names no command that runs Podman, and on this machine it is not installed with criu, or not run as root";
        try
        {
            return Execute(null, ["podman", "image", "exists", Image]).Code == 0 && Execute(null, ["criu", "check"]).Code == 0
                ? null
                : $"Podman has no image {Image} ({ImageVariable} names another), or criu does not work there";
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            return $"{PlaceVariable} cannot be run: {exception.Message}";
        }
    }

    private static (int Code, string Output, string Errors) Execute(string? input, string[] command)
    {
        using var process = Start(command, hasInput: input is not null);
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        if (input is not null)
        {
            using (var file = File.OpenRead(input))
                file.CopyTo(process.StandardInput.BaseStream);
            process.StandardInput.Close();
        }
        process.WaitForExit();
        return (process.ExitCode, output.Result, errors.Result);
    }

    private static Process Start(string[] command, bool hasInput)
    {
        string[] words = [.. Place, .. command];
        return Process.Start(new ProcessStartInfo(words[0], words[1..])
        {
            RedirectStandardInput = hasInput,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }
}

/// <summary>A test with a real Podman. Without one, it is skipped with the reason.</summary>
internal sealed class RequiresPodmanFactAttribute : FactAttribute
{
    private bool _withBridge;

    public RequiresPodmanFactAttribute() => Skip = Podman.WhyMissing(withBridge: false);

    /// <summary>Whether the test needs Podman's bridge network.</summary>
    public bool WithBridge
    {
        get => _withBridge;
        set
        {
            _withBridge = value;
            Skip = Podman.WhyMissing(value);
        }
    }
}
