using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.State;

namespace KubeCheckpoint.Sandbox.Api;

/// <summary>Runs a command for a pod's container, as a process on this machine.</summary>
internal sealed class ExecCommand(
    IReadOnlyList<string> words, IReadOnlyList<HostMount> mounts, bool isReadOnly, NodeState node, ClusterState state, CancellationToken podLife)
{
    public CancellationToken PodLife => podLife;

    /// <summary>The folder that emulates the root of a restored container, or null.</summary>
    public string? Root { get; init; }

    /// <summary>Whether the container is privileged and shares the process IDs of its node.</summary>
    public bool EntersHost { get; init; }

    /// <summary>The uid of the pod.</summary>
    public required string PodUid { get; init; }

    /// <summary>Whether the image has commands.</summary>
    public bool HasCommands { get; init; } = true;

    /// <summary>The container's environment variables, in which mount paths are replaced too.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Runs the command to its end and returns the Status for the error channel.</summary>
    /// <param name="channels">Where its output goes.</param>
    /// <param name="takesInput">Whether its input stays open.</param>
    /// <param name="started">Called with the process as soon as it runs, to start reading what the client sends.</param>
    /// <param name="cancellationToken">Kills the command and its child processes.</param>
    public async Task<JsonObject> RunAsync(ExecChannels channels, bool takesInput, Action<Process> started, CancellationToken cancellationToken)
    {
        if (!HasCommands)
            return await NotFoundAsync(channels, cancellationToken);
        using var entry = PodProcesses.Enter(node, PodUid);
        using var process = new Process { StartInfo = StartInfo() };
        try
        {
            process.Start();
        }
        catch (Win32Exception)
        {
            return await NotFoundAsync(channels, cancellationToken);
        }
        try
        {
            if (!takesInput)
                process.StandardInput.Close();
            started(process);
            var output = PumpAsync(process.StandardOutput.BaseStream, channels, ExecChannels.StandardOutput, cancellationToken);
            var error = PumpAsync(process.StandardError.BaseStream, channels, ExecChannels.StandardError, cancellationToken);

            // The first failure ends the command, which would otherwise wait forever for its output to be read.
            await await Task.WhenAny(output, error);
            await Task.WhenAll(output, error);
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode == 0 ? Success() : Failure(process.ExitCode);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync(CancellationToken.None);
            }
        }
    }

    /// <summary>Passes what the client sends to the process, and cancels the command when the client disconnects. Never throws.</summary>
    public static async Task ReadInputAsync(Process process, ExecChannels channels, CancellationTokenSource life)
    {
        var buffer = new byte[32 * 1024];
        try
        {
            while (true)
            {
                if (await channels.ReceiveAsync(buffer, life.Token) is not { } data)
                {
                    process.StandardInput.Close();
                }
                else if (data.Length > 0)
                {
                    await process.StandardInput.BaseStream.WriteAsync(data, life.Token);
                    await process.StandardInput.BaseStream.FlushAsync(life.Token);
                }
            }
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or IOException or InvalidOperationException)
        {
            await life.CancelAsync();
        }
    }

    private ProcessStartInfo StartInfo()
    {
        var tools = ContainerTools.Folder(state, isReadOnly);
        var program = words[0].Contains('/', StringComparison.Ordinal) ? words[0] : Path.Join(tools, words[0]);
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = ContainerTools.WorkingFolder(state),
        };
        foreach (var word in words.Skip(1))
            start.ArgumentList.Add(Translate(word));
        start.Environment.Clear();
        start.Environment["PATH"] = tools;
        start.Environment["HOME"] = "/";
        start.Environment["LC_ALL"] = "C";
        foreach ((var name, var value) in Environment)
            start.Environment[name] = mounts.Aggregate(value, (text, mount) => mount.Translate(text));
        if (EntersHost)
            start.Environment[NodeService.Variable] = node.Root;
        return start;
    }

    // A path in a restored container is one in the folder that emulates its root.
    private string Translate(string word)
    {
        var text = mounts.Aggregate(word, (text, mount) => mount.Translate(text));
        return Root is not null && text == word && word.StartsWith('/') ? Root + word : text;
    }

    private async Task PumpAsync(Stream stream, ExecChannels channels, byte channel, CancellationToken cancellationToken)
    {
        var translation = new PathTranslation(mounts);
        var buffer = new byte[32 * 1024];
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellationToken)) > 0)
            await SendAsync(translation.Translate(buffer.AsSpan(0, read)));
        await SendAsync(translation.Rest());

        Task SendAsync(byte[] data) => data.Length == 0 ? Task.CompletedTask : channels.SendAsync(channel, data, cancellationToken);
    }

    private async Task<JsonObject> NotFoundAsync(ExecChannels channels, CancellationToken cancellationToken)
    {
        if (node.Definition.Runtime == SandboxRuntime.Containerd)
        {
            return ApiResponse.Status(
                500,
                "InternalError",
                "Internal error occurred: error executing command in container: failed to exec in container: failed to start exec \"1f86\": "
                + $"OCI runtime exec failed: exec failed: unable to start container process: exec: \"{words[0]}\": executable file not found in $PATH: unknown",
                null);
        }

        // CRI-O with runc; with crun it is 127.
        var text = $"time=\"{DateTimeOffset.UtcNow:s}Z\" level=error msg=\"exec failed: unable to start container process: exec: \\\"{words[0]}\\\": "
            + "executable file not found in $PATH\"";
        await channels.SendAsync(ExecChannels.StandardError, Encoding.UTF8.GetBytes(text), cancellationToken);
        return Failure(255);
    }

    private static JsonObject Success() => new() { ["metadata"] = new JsonObject(), ["status"] = "Success" };

    private static JsonObject Failure(int exitCode) => new()
    {
        ["metadata"] = new JsonObject(),
        ["status"] = "Failure",
        ["message"] = $"command terminated with non-zero exit code: exit status {exitCode}",
        ["reason"] = "NonZeroExitCode",
        ["details"] = new JsonObject
        {
            ["causes"] = new JsonArray(new JsonObject { ["reason"] = "ExitCode", ["message"] = exitCode.ToString(CultureInfo.InvariantCulture) }),
        },
    };
}
