using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;
using System.Net;
using System.Net.Sockets;
using System.Text;
using KubeCheckpoint.Tests.Engine;

namespace KubeCheckpoint.Tests.Pipeline;

/// <summary>Ctrl+C in what reads, opens, runs programs or completes: the prompt is back at once, and no program of ours is left.</summary>
public sealed class InterruptTests : IDisposable
{
    // A second is promised. On a busy machine the scheduler adds to it; what is stopped here would take a minute or has no end.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ModuleSession _session = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("kubecheckpoint").FullName;

    public void Dispose()
    {
        _session.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [UnixTheory]
    [InlineData("sleep 300")]
    [InlineData("trap '' TERM INT HUP; sleep 300 & sleep 300 & wait; sleep 300")]
    [InlineData("sh -c 'sleep 300 & sleep 300' & wait")]
    [InlineData("while :; do :; done")]
    public void A_credential_plugin_ends_with_the_cmdlet(string body)
    {
        var kubeConfig = KubeConfigWithPlugin(body);

        Stop("Get-Pod -KubeConfig $args[0]", () => Started.Length > 0 && IsRunning, kubeConfig);

        NothingRuns();
    }

    [UnixTheory]
    [InlineData("sleep 300")]
    [InlineData("sleep 300 & wait")]
    public void A_credential_helper_ends_with_the_cmdlet(string body)
    {
        Program("docker-credential-slow", body);
        var auth = Write("auth.json", """{"credsStore":"slow"}""");
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        _ = RefuseAsync(server, "Basic realm=\"x\"");
        var script = "$env:PATH = $args[0] + ':' + $env:PATH; $env:REGISTRY_AUTH_FILE = $args[1]; Get-RestoreImage -Repository $args[2]";
        var path = Environment.GetEnvironmentVariable("PATH");
        try
        {
            Stop(script, () => Started.Length > 0 && IsRunning, _folder, auth, $"{server.LocalEndpoint}/app");
        }
        finally
        {
            Environment.SetEnvironmentVariable("PATH", path);
            Environment.SetEnvironmentVariable("REGISTRY_AUTH_FILE", null);
        }

        NothingRuns();
    }

    [UnixFact]
    public void A_kubeconfig_that_is_a_pipe_is_given_up()
    {
        var pipe = Pipe("config");

        Stop("Get-Pod -KubeConfig $args[0]", () => true, pipe);
        OpenForWriting(pipe);
    }

    [UnixFact]
    public void A_token_file_that_is_a_pipe_is_given_up()
    {
        var pipe = Pipe("token");
        var kubeConfig = KubeConfig($"tokenFile: {pipe}");

        Stop("Get-Pod -KubeConfig $args[0]", () => true, kubeConfig);
        OpenForWriting(pipe);
    }

    [Fact]
    public void A_message_of_64_megabytes_is_given_up()
    {
        var image = Path.Combine(_folder, "pstree.img");
        WriteLargeImage(image);

        Stop("while ($true) { ConvertFrom-CriuImage $args[0] | Out-Null }", () => true, image);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("a =")]
    [InlineData(" ")]
    [InlineData("realm=\"x\" ")]
    public async Task A_challenge_of_60000_characters_is_read_at_once(string part)
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var challenge = string.Concat(Enumerable.Repeat(part, 30_000 / part.Length));
        _ = RefuseAsync(server, $"Bearer {challenge}");

        var outcome = await Task.Run(() => _session.Run("Get-RestoreImage -Repository $args[0]", $"{server.LocalEndpoint}/app")).WaitAsync(Patience);

        Assert.StartsWith("Registry", outcome.ErrorId, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{a: ", 50_000)]
    [InlineData("[", 50_000)]
    [InlineData("- ", 50_000)]
    [InlineData("{? ", 50_000)]
    [InlineData("{&a {", 50_000)]
    public async Task A_kubeconfig_nested_without_end_is_refused_at_once(string part, int count)
    {
        var kubeConfig = Write("config", $"clusters: {string.Concat(Enumerable.Repeat(part, count))}");

        var outcome = await Task.Run(() => _session.Run("Get-Pod -KubeConfig $args[0]", kubeConfig)).WaitAsync(Patience);

        Assert.Equal("KubeConfigInvalid", outcome.ErrorId);
    }

    [Fact]
    public async Task A_log_of_lines_without_an_end_is_read_at_once()
    {
        string[] parts = ["Error (", "Error (criu/x.c:1): ", "(00.1) pie: ", " ", "\\\"", "(((((", "12: "];
        var log = Write("dump.log", string.Join('\n', parts.Select(part => string.Concat(Enumerable.Repeat(part, 200_000 / part.Length)))));

        var outcome = await Task.Run(() => _session.Run("Get-CheckpointLog -LogPath $args[0]", log)).WaitAsync(Patience);

        Assert.Equal(parts.Length, outcome.Objects.Count);
    }

    [UnixTheory]
    [InlineData("Get-Pod -KubeConfig {0} -Name ")]
    [InlineData("Get-Pod -KubeConfig {0} -Namespace ")]
    [InlineData("Restore-Pod ./x -KubeConfig {0} -NodeName ")]
    [InlineData("Get-Pod -KubeConfig {0} | Invoke-ContainerCheckpoint -Container ")]
    [InlineData("Grant-CheckpointAccess -KubeConfig {0} -Subject ")]
    public void Completion_runs_no_plugin_of_a_kubeconfig_that_is_typed(string line)
    {
        var kubeConfig = KubeConfigWithPlugin("exit 1");

        _session.Complete(string.Format(CultureInfo.InvariantCulture, line, kubeConfig));

        Assert.Empty(Started);
    }

    [UnixFact]
    public void Completion_runs_a_plugin_of_the_usual_kubeconfig()
    {
        var kubeConfig = KubeConfigWithPlugin("exit 1");
        _session.Run("$PSDefaultParameterValues['*:KubeConfig'] = $args[0]", kubeConfig);

        _session.Complete("Get-Pod -Name ");

        Assert.NotEmpty(Started);
    }

    [UnixTheory]
    [InlineData("Get-CheckpointProcess {0} -Name ")]
    [InlineData("Get-CheckpointProcess -LiteralPath {0} -Id ")]
    [InlineData("Get-RestoreImage -Path {0} -Name ")]
    [InlineData("Get-Pod -KubeConfig {0} -Name ")]
    [InlineData("Get-Pod -KubeConfig {0} -Context ")]
    public async Task Completion_gives_up_what_does_not_open(string line)
    {
        var pipe = Pipe("pipe");

        var offered = await Task.Run(() => _session.Complete(string.Format(CultureInfo.InvariantCulture, line, pipe))).WaitAsync(Patience);

        Assert.Empty(offered);
        OpenForWriting(pipe);
    }

    private string[] Started => File.Exists(PathOf("pids")) ? File.ReadAllLines(PathOf("pids")) : [];

    private void Stop(string script, Func<bool> isRunning, params object?[] arguments)
    {
        using var shell = _session.Prepare(script, arguments);
        var running = shell.BeginInvoke();
        Assert.True(SpinWait.SpinUntil(isRunning, Patience), "It did not begin.");
        Thread.Sleep(300);

        var clock = Stopwatch.StartNew();
        shell.Stop();

        Assert.True(clock.Elapsed < Limit, $"It took {clock.Elapsed}.");
        Assert.Throws<PipelineStoppedException>(() => shell.EndInvoke(running));
    }

    // What a program of ours starts works in the folder too. Only Linux tells.
    private void NothingRuns()
    {
        Assert.True(SpinWait.SpinUntil(() => !Running().Any(), TimeSpan.FromSeconds(10)), $"{string.Join(", ", Running())} still run.");
    }

    private bool IsRunning => Running().Any() || !OperatingSystem.IsLinux();

    private IEnumerable<string> Running() => OperatingSystem.IsLinux()
        ? Directory.EnumerateDirectories("/proc").Where(folder => char.IsAsciiDigit(Path.GetFileName(folder)[0]) && WorksIn(folder) == _folder)
        : [];

    private static string? WorksIn(string process)
    {
        try
        {
            return new FileInfo(Path.Combine(process, "cwd")).LinkTarget;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private string KubeConfigWithPlugin(string body)
    {
        Program("plugin", body);
        return KubeConfig($"exec: {{apiVersion: client.authentication.k8s.io/v1, command: ./plugin, interactiveMode: Never}}");
    }

    private string KubeConfig(string user) => Write("kubeconfig", $$$"""
        apiVersion: v1
        kind: Config
        clusters: [{name: none, cluster: {server: "https://127.0.0.1:9"}}]
        users: [{name: user, user: {{{{user}}}}}]
        contexts: [{name: none, context: {cluster: none, user: user}}]
        current-context: none
        """);

    // Writes down the numbers of its processes.
    private void Program(string name, string body)
    {
        var path = Write(name, $"#!/bin/sh\ncd '{_folder}'\necho $$ >> pids\n{body}\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private string Pipe(string name)
    {
        using var made = Process.Start("mkfifo", [PathOf(name)]);
        made.WaitForExit();
        return PathOf(name);
    }

    // Lets a reader that was given up end: it waits for the pipe to be opened.
    private static void OpenForWriting(string pipe)
    {
        using var writer = Process.Start("sh", ["-c", "exec 3<>\"$0\"; sleep 0.1", pipe]);
        writer.WaitForExit();
    }

    private string PathOf(string name) => Path.Combine(_folder, name);

    private string Write(string name, string content)
    {
        File.WriteAllText(PathOf(name), content);
        return PathOf(name);
    }

    // One entry of a PSTREE image with 32 million threads.
    private static void WriteLargeImage(string path)
    {
        const int Length = 64_000_000;
        var image = new byte[12 + Length];
        BinaryPrimitives.WriteUInt32LittleEndian(image, 0x54564319);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(4), 0x50273030);
        BinaryPrimitives.WriteInt32LittleEndian(image.AsSpan(8), Length);
        for (var i = 12; i < image.Length; i += 2)
            (image[i], image[i + 1]) = (5 << 3, 1);
        File.WriteAllBytes(path, image);
    }

    private static async Task RefuseAsync(TcpListener server, string challenge)
    {
        while (true)
        {
            using var client = await server.AcceptTcpClientAsync();
            var stream = client.GetStream();
            await stream.ReadAtLeastAsync(new byte[4096], 1);
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: {challenge}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
        }
    }
}
