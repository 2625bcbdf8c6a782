using KubeCheckpoint.Cluster.KubeConfigs;

namespace KubeCheckpoint.Core.Tests.Support;

/// <summary>A credential plugin written as a shell script, which counts its runs.</summary>
internal sealed class PluginScript : IDisposable
{
    public const string V1 = "client.authentication.k8s.io/v1";

    private readonly TemporaryFolder _folder = new();

    public PluginScript(string body, string name = "plugin")
    {
        Write(name, body);
        Config = new(_folder.Path, $".{System.IO.Path.DirectorySeparatorChar}{name}", V1) { InteractiveMode = "Never" };
    }

    public ExecPluginConfig Config { get; }

    public string Folder => _folder.Path;

    public int Runs => File.Exists(PathOf("runs")) ? File.ReadAllLines(PathOf("runs")).Length : 0;

    /// <summary>A shell command that prints a credential.</summary>
    public static string Print(string status, string apiVersion = V1) =>
        $$"""printf '%s\n' '{"apiVersion":"{{apiVersion}}","kind":"ExecCredential","status":{{status}}}'""";

    /// <summary>A shell command that prints a token.</summary>
    public static string PrintToken(string token) => Print($$"""{"token":"{{token}}"}""");

    public string PathOf(string name) => System.IO.Path.Combine(_folder.Path, name);

    public string Read(string name) => File.ReadAllText(PathOf(name));

    public void Write(string name, string body)
    {
        File.WriteAllText(PathOf(name), $"#!/bin/sh\ncd '{_folder.Path}'\necho run >> runs\n{body}\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(PathOf(name), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public void Dispose() => _folder.Dispose();
}

/// <summary>A test that runs shell scripts.</summary>
internal sealed class UnixFactAttribute : FactAttribute
{
    public UnixFactAttribute() => Skip = OperatingSystem.IsWindows() ? "Windows has no sh." : null;
}

/// <inheritdoc cref="UnixFactAttribute"/>
internal sealed class UnixTheoryAttribute : TheoryAttribute
{
    public UnixTheoryAttribute() => Skip = OperatingSystem.IsWindows() ? "Windows has no sh." : null;
}
