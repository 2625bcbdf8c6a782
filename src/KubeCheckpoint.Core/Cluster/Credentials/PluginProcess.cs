using System.Buffers;
using System.ComponentModel;
using System.Diagnostics;
using KubeCheckpoint.Cluster.KubeConfigs;

namespace KubeCheckpoint.Cluster.Credentials;

/// <summary>Runs the program of a credential plugin. A cancellation kills it, with the programs that it has started.</summary>
/// <param name="plugin">The plugin.</param>
/// <param name="isInteractive">Whether it reads from the terminal.</param>
/// <param name="terminal">Receives what it writes to standard error, as it arrives.</param>
internal sealed class PluginProcess(ExecPluginConfig plugin, bool isInteractive, Stream terminal)
{
    private const string ExecInfo = "KUBERNETES_EXEC_INFO";

    /// <summary>The largest output, in bytes: a token and a certificate chain have a few KiB.</summary>
    private const int LargestOutput = 1024 * 1024;

    /// <summary>How much of standard error is kept for an error message, in bytes: its end, where programs say what went wrong.</summary>
    private const int KeptMessages = 4 * 1024;

    /// <summary>How long output is awaited after the end: what the plugin leaves behind, such as a browser, may keep the streams open.</summary>
    private static readonly TimeSpan Drain = TimeSpan.FromMilliseconds(500);

    private readonly StreamTail _output = new(LargestOutput);
    private readonly StreamTail _messages = new(KeptMessages);

    /// <summary>Runs the plugin and returns its output.</summary>
    /// <param name="execInfo">What the plugin is told, as JSON.</param>
    /// <param name="cancellationToken">Kills the plugin.</param>
    /// <exception cref="KubeCheckpointException">CredentialPluginNotFound, CredentialPluginFailed.</exception>
    public async Task<string> RunAsync(string execInfo, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var process = Start(execInfo);
        var killing = cancellationToken.Register(() => Kill(process));
        await using (killing.ConfigureAwait(false))
        {
            // Not awaited to their end: see Drain.
            var streams = Task.WhenAll(ReadOutputAsync(process), ReadMessagesAsync(process.StandardError.BaseStream));
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            await Task.WhenAny(streams, Task.Delay(Drain, CancellationToken.None)).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            return Result(process.ExitCode);
        }
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception exception) when (exception is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It has ended meanwhile.
        }
    }

    private static async Task ReadAsync(Stream stream, Action<ReadOnlyMemory<byte>> onPiece)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
        try
        {
            await using (stream.ConfigureAwait(false))
            {
                while (await stream.ReadAsync(buffer).ConfigureAwait(false) is > 0 and var length)
                    onPiece(buffer.AsMemory(0, length));
            }
        }
        catch (IOException)
        {
            // The pipe broke: the plugin has ended.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private Process Start(string execInfo)
    {
        var start = new ProcessStartInfo(PluginCommand.Find(plugin), plugin.Arguments)
        {
            UseShellExecute = false,
            CreateNoWindow = !isInteractive,
            RedirectStandardInput = !isInteractive,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var variable in plugin.Variables)
            start.Environment[variable.Name] = variable.Value;
        start.Environment[ExecInfo] = execInfo;
        try
        {
            var process = Process.Start(start)!;
            if (!isInteractive)
                process.StandardInput.Close();
            return process;
        }
        catch (Exception exception) when (exception is Win32Exception or InvalidOperationException or IOException)
        {
            throw CredentialFailure.CredentialPluginFailed(plugin, $"cannot be started: {exception.Message}", exception);
        }
    }

    private Task ReadOutputAsync(Process process) => ReadAsync(process.StandardOutput.BaseStream, piece =>
    {
        _output.Add(piece.Span);
        if (_output.IsCut)
            Kill(process);
    });

    private Task ReadMessagesAsync(Stream stream) => ReadAsync(stream, piece =>
    {
        _messages.Add(piece.Span);
        Show(piece.Span);
    });

    private void Show(ReadOnlySpan<byte> piece)
    {
        try
        {
            terminal.Write(piece);
            terminal.Flush();
        }
        catch (IOException)
        {
            // The terminal is gone; the plugin must not wait for it.
        }
    }

    private string Result(int exitCode)
    {
        if (_output.IsCut)
        {
            throw CredentialFailure.CredentialPluginFailed(
                plugin, $"writes more than {LargestOutput >> 20} MiB to standard output: an ExecCredential was expected.");
        }
        var messages = _messages.ToString();
        return exitCode == 0
            ? _output.ToString()
            : throw CredentialFailure.CredentialPluginFailed(
                plugin, $"ended with exit code {exitCode}{(messages.Length > 0 ? $": {messages}" : " and wrote nothing to standard error.")}");
    }
}
