using System.ComponentModel;
using System.Diagnostics;
using System.Text.RegularExpressions;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Images.Registry;

/// <summary>A program <c>docker-credential-NAME</c> (docker-credential-helpers, "Development"): the server on stdin, JSON on stdout.</summary>
internal sealed partial class CredentialHelper
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly string _program;
    private readonly Func<string, string?> _environment;

    public CredentialHelper(string name, Func<string, string?> environment)
    {
        _program = "docker-credential-" + name;
        _environment = environment;
        if (!NameForm().IsMatch(name))
            throw RegistryFailure.CredentialHelperFailed(_program, "it is not the name of a program");
    }

    /// <summary>The login that the helper has for a server, or null.</summary>
    public async Task<RegistryCredential?> GetAsync(string server, CancellationToken cancellationToken)
    {
        // Located here, since the system's search would also try the current folder.
        var path = Locate() ?? throw RegistryFailure.CredentialHelperFailed(_program, "there is no such program in PATH");
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Limit);
        using var process = Start(path);
        try
        {
            var errors = process.StandardError.ReadToEndAsync(deadline.Token);
            var reading = process.StandardOutput.ReadToEndAsync(deadline.Token);
            await WriteServerAsync(process, server, deadline.Token).ConfigureAwait(false);
            var output = await reading.ConfigureAwait(false);
            await errors.ConfigureAwait(false);
            await process.WaitForExitAsync(deadline.Token).ConfigureAwait(false);
            return process.ExitCode == 0 ? Parse(output) : WhenFailed(output, process.ExitCode);
        }
        catch (OperationCanceledException exception)
        {
            process.Kill(entireProcessTree: true);
            cancellationToken.ThrowIfCancellationRequested();
            throw RegistryFailure.CredentialHelperFailed(_program, $"it did not finish within {Limit.TotalSeconds:0} seconds", exception);
        }
    }

    private static async Task WriteServerAsync(Process process, string server, CancellationToken cancellationToken)
    {
        try
        {
            await process.StandardInput.WriteAsync(server.AsMemory(), cancellationToken).ConfigureAwait(false);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It exited without reading: its exit code and output tell why.
        }
    }

    private Process Start(string path)
    {
        var start = new ProcessStartInfo(path, ["get"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            CreateNoWindow = true,
        };
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception exception)
        {
            throw RegistryFailure.CredentialHelperFailed(_program, exception.Message, exception);
        }
    }

    private string? Locate()
    {
        string[] endings = OperatingSystem.IsWindows() ? [".exe", ".cmd", ".bat"] : [""];
        return (_environment("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(folder => endings.Select(ending => Path.Combine(folder, _program + ending)))
            .FirstOrDefault(path => Path.IsPathFullyQualified(path) && File.Exists(path));
    }

    private RegistryCredential? WhenFailed(string output, int exitCode) =>
        output.Contains("credentials not found", StringComparison.OrdinalIgnoreCase)
            ? null
            : throw RegistryFailure.CredentialHelperFailed(_program, $"it failed with exit code {exitCode}");

    private RegistryCredential Parse(string output)
    {
        var credential = StrictJson.TryRead(
            output,
            root => root.GetProperty("Username").GetString() is { } user && root.GetProperty("Secret").GetString() is { } secret
                ? new RegistryCredential(_program, user, secret)
                : null);
        // The output may contain the secret: it is not shown.
        return credential ?? throw RegistryFailure.CredentialHelperFailed(_program, "its output is not JSON with Username and Secret");
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]*\z")]
    private static partial Regex NameForm();
}
