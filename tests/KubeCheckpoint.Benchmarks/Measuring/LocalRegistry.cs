using System.Diagnostics;
using System.Text.RegularExpressions;

namespace KubeCheckpoint.Benchmarks.Measuring;

/// <summary>Debian's docker-registry on a port of loopback, with its data in a folder.</summary>
internal sealed partial class LocalRegistry : IDisposable
{
    private readonly string _data;
    private readonly Process _process;

    public LocalRegistry(string folder)
    {
        _data = Path.Combine(Directory.CreateDirectory(folder).FullName, "data");
        var config = Path.Combine(folder, "config.yml");
        File.WriteAllText(config, $$"""
            version: 0.1
            log: {level: info, accesslog: {disabled: true} }
            storage: {filesystem: {rootdirectory: {{_data}} } }
            http: {addr: "127.0.0.1:0"}
            """);
        _process = Process.Start(new ProcessStartInfo("docker-registry", ["serve", config]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        Host = $"127.0.0.1:{ReadPort()}";
        _ = _process.StandardError.BaseStream.CopyToAsync(Stream.Null);
        _ = _process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
    }

    public string Host { get; }

    /// <summary>Deletes all its data; it keeps nothing in memory.</summary>
    public void Clear()
    {
        if (Directory.Exists(_data))
            Directory.Delete(_data, recursive: true);
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private string ReadPort()
    {
        while (_process.StandardError.ReadLine() is { } line)
        {
            if (Listening().Match(line) is { Success: true } match)
                return match.Groups[1].Value;
        }
        throw new InvalidOperationException("docker-registry did not start.");
    }

    [GeneratedRegex(@"listening on 127\.0\.0\.1:(\d+)")]
    private static partial Regex Listening();
}
