using System.Diagnostics;
using System.Security.Cryptography;
using KubeCheckpoint.Cluster.Initialization;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Cluster.Initialization;

/// <summary>The script that changes files of nodes, run by this machine's shells with a folder in place of the node's.</summary>
public sealed class NodeFileScriptTests : IDisposable
{
    private const string Conf = "/etc/criu/runc.conf";
    private const string DropIn = "/etc/crio/crio.conf.d/99-kubecheckpoint.conf";

    private readonly string _root = Directory.CreateTempSubdirectory("kubecheckpoint-node").FullName;

    public NodeFileScriptTests()
    {
        foreach (var folder in NodeFileScript.Folders)
            Directory.CreateDirectory(_root + folder);
    }

    public static TheoryData<string> Shells => new(((string[])["sh", "dash", "busybox sh"]).Where(IsThere));

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [MemberData(nameof(Shells))]
    public void Adds_lines_and_keeps_everything_else_byte_for_byte_with_mode_and_backup(string shell)
    {
        byte[] old = [.. "# \xC3 caf\r\n\tlog-file  x\\n$HOME `id`\n"u8, 0xE9, .. "\n\nlast"u8];
        Write(Conf, old, "640");

        var lines = Run(shell, Append(Conf, "\ntcp-established\nit's '$(id)' \\n\n"));

        Assert.Equal([$"put {Conf}", $"backup {Conf}.kubecheckpoint.bak", "end"], lines);
        Assert.Equal([.. old, .. "\ntcp-established\nit's '$(id)' \\n\n"u8], File.ReadAllBytes(_root + Conf));
        Assert.Equal(old, File.ReadAllBytes(_root + Conf + ".kubecheckpoint.bak"));
        Assert.Equal("640", Mode(Conf));
        Assert.Equal(["restored " + Conf, "end"], Run(shell, NodeFileScript.Undo(isDry: true)));
        Assert.Equal(["restored " + Conf, "end"], Run(shell, NodeFileScript.Undo(isDry: false)));
        Assert.Equal(old, File.ReadAllBytes(_root + Conf));
        Assert.Equal("640", Mode(Conf));
        Assert.Equal([Conf], Files());
    }

    [Theory]
    [MemberData(nameof(Shells))]
    public void A_second_change_does_not_replace_the_backup_and_the_first_content_comes_back(string shell)
    {
        Write(Conf, "a\n"u8);
        Run(shell, Append(Conf, "b\n"));
        Run(shell, Append(Conf, "c\n"));

        Assert.Equal("a\nb\nc\n", Text(Conf));
        Assert.Equal("a\n", Text(Conf + ".kubecheckpoint.bak"));
        Assert.Equal(["restored " + Conf, "end"], Run(shell, NodeFileScript.Undo(isDry: false)));
        Assert.Equal("a\n", Text(Conf));
        Assert.Equal([Conf], Files());
    }

    [Theory]
    [MemberData(nameof(Shells))]
    public void A_file_that_did_not_exist_is_removed_again_and_nothing_of_it_is_kept_in_the_folder_that_the_runtime_reads(string shell)
    {
        Run(shell, New(DropIn, "x = 1\n"));

        Assert.Equal([DropIn], Files().Where(file => file.StartsWith("/etc/crio/crio.conf.d/", StringComparison.Ordinal)));
        Assert.Equal("644", Mode(DropIn));
        Assert.Equal(["removed " + DropIn, "end"], Run(shell, NodeFileScript.Undo(isDry: false)));
        Assert.Empty(Files());
    }

    [Theory]
    [MemberData(nameof(Shells))]
    public void What_somebody_else_has_changed_since_is_left(string shell)
    {
        Write(Conf, "a\n"u8);
        Run(shell, NodeFileScript.Write([AppendTo(Conf, "b\n"), NewFile(DropIn, "x = 1\n")]));
        File.AppendAllText(_root + Conf, "theirs\n");
        File.WriteAllText(_root + DropIn, "x = 2\n");

        var lines = Run(shell, NodeFileScript.Undo(isDry: false));

        Assert.Equal(["left " + Conf + " it was changed by somebody else since", "left " + DropIn + " it was changed by somebody else since", "end"], lines);
        Assert.Equal(("a\nb\ntheirs\n", "x = 2\n", "a\n"), (Text(Conf), Text(DropIn), Text(Conf + ".kubecheckpoint.bak")));

        // Nor does a further change of ours make it ours.
        Run(shell, Append(Conf, "c\n"));
        Assert.Contains("left " + Conf + " it was changed by somebody else since", Run(shell, NodeFileScript.Undo(isDry: false)));
    }

    [Theory]
    [MemberData(nameof(Shells))]
    public void A_file_that_has_changed_meanwhile_is_not_touched_and_the_others_are_put_back(string shell)
    {
        Write(Conf, "a\n"u8);
        Write(DropIn, "old\n"u8);
        var script = NodeFileScript.Write([AppendTo(Conf, "b\n"), NewFile("/etc/criu/crun.conf", "b\n"), NewFile(DropIn, "x = 1\n") with { Before = new('0', 64) }]);

        var lines = Run(shell, script);

        Assert.Contains($"bad {DropIn} it has changed meanwhile", lines);
        Assert.Equal(("a\n", "old\n"), (Text(Conf), Text(DropIn)));
        Assert.Equal([DropIn, Conf], Files());
    }

    [Theory]
    [MemberData(nameof(Shells))]
    public void Links_are_not_followed(string shell)
    {
        var elsewhere = Directory.CreateDirectory(_root + "/elsewhere").FullName;
        File.WriteAllText(elsewhere + "/file", "a\n");
        File.CreateSymbolicLink(_root + Conf, elsewhere + "/file");
        Directory.CreateSymbolicLink(_root + "/etc/crio/crio.conf.d", elsewhere);

        Assert.Contains($"bad {Conf} it is a symbolic link", Run(shell, NodeFileScript.Write([AppendTo(Conf, "b\n")])));
        Assert.Contains($"bad {DropIn} its folder is a symbolic link", Run(shell, New(DropIn, "x\n")));
        Assert.Equal("a\n", File.ReadAllText(elsewhere + "/file"));
        Assert.Equal(["file"], Directory.GetFileSystemEntries(elsewhere).Select(Path.GetFileName));
        var settings = NodeSettings.Read(string.Join('\n', Run(shell, NodeFileScript.Look)))!;
        Assert.Equal([Conf, "/etc/crio/crio.conf.d"], settings.Links.Order().Reverse());
    }

    [Theory]
    [MemberData(nameof(Shells))]
    public void A_log_that_names_a_file_elsewhere_is_not_believed(string shell)
    {
        File.WriteAllText(_root + "/victim", "a\n");
        foreach (var name in (string[])["../../victim", "/victim", "crio.conf.d/../../../victim"])
        {
            File.WriteAllText(_root + "/etc/crio/x.kubecheckpoint.log", $"file {name}\nabsent {Hash("a\n"u8)}\n");
            Assert.Contains(Run(shell, NodeFileScript.Undo(isDry: false)), line => line.StartsWith("bad", StringComparison.Ordinal));
        }

        Assert.Equal("a\n", File.ReadAllText(_root + "/victim"));
    }

    [Theory]
    [MemberData(nameof(Shells))]
    public void Only_sections_and_the_settings_of_interest_leave_the_node(string shell)
    {
        Write("/etc/containerd/config.toml", """
            version = 2
            imports = [
              "/etc/containerd/a.d/*.toml", # one
              'b.d/*.toml',
            ]
            [plugins."io.containerd.grpc.v1.cri".registry.configs."r.local".auth]
              password = "s3cret"
            [plugins."io.containerd.cri.v1.runtime"]
              enable_criu = false # off
            [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
              BinaryName = "/usr/bin/crun"
            """u8);
        Write("/etc/containerd/a.d/1.toml", "[plugins.'io.containerd.cri.v1.runtime']\nenable_experimental_restore_via_create = true"u8);
        Write("/etc/containerd/c.d/1.toml", "[plugins.'io.containerd.cri.v1.runtime']\nenable_experimental_restore_via_create = false\n"u8);

        var lines = Run(shell, NodeFileScript.Look);

        Assert.DoesNotContain(lines, line => line.Contains("s3cret", StringComparison.Ordinal));
        var settings = NodeSettings.Read(string.Join('\n', lines))!;
        Assert.Equal(["/etc/containerd/a.d/*.toml", "b.d/*.toml"], settings.Imports);
        Assert.Equal(("false", "true"), (settings.Setting("containerd", "enable_criu"), settings.Setting("containerd", "enable_experimental_restore_via_create")));
        Assert.Equal("crun", settings.OciRuntime(new() { Name = "n", RuntimeName = "containerd", RuntimeVersion = "2.3.4" }));
        Assert.Equal(Hash(File.ReadAllBytes(_root + "/etc/containerd/a.d/1.toml")), settings.HashOf("/etc/containerd/a.d/1.toml"));
        Assert.Null(NodeSettings.Read(string.Join('\n', lines.SkipLast(1))));
    }

    [UnixFact]
    public void A_runtime_that_was_restarted_since_the_change_is_not_to_be_restarted_again()
    {
        File.Copy("/bin/sleep", _root + "/crio");
        using (var runtime = Process.Start(_root + "/crio", "1000"))
        {
            Run("sh", NodeFileScript.Write([NewFile(DropIn, "x = 1\n") with { NeedsRestart = true }]));
            Assert.Contains($" {runtime.Id}:", File.ReadAllText(_root + "/etc/crio/99-kubecheckpoint.conf.kubecheckpoint.restart"), StringComparison.Ordinal);
            Assert.True(AwaitsRestart());

            // Of this machine's own runtimes, if any.
            KeepOnly(runtime.Id);
            Assert.True(AwaitsRestart());
            runtime.Kill();
            runtime.WaitForExit();
        }

        using var restarted = Process.Start(_root + "/crio", "1000");
        Assert.False(AwaitsRestart());
        restarted.Kill();

        bool AwaitsRestart() => NodeSettings.Read(string.Join('\n', Run("sh", NodeFileScript.Look)))!.AwaitsRestart;

        void KeepOnly(int id)
        {
            var path = _root + "/etc/crio/99-kubecheckpoint.conf.kubecheckpoint.restart";
            var words = File.ReadAllText(path).Trim().Split(' ');
            File.WriteAllText(path, $"{words[0]} {words.Single(word => word.StartsWith($"{id}:", StringComparison.Ordinal))}\n");
        }
    }

    [RootFact]
    public void A_full_disk_leaves_everything_as_it_was()
    {
        Run("sh", $"mount -t tmpfs -o size=64k tmpfs {_root}/etc/crio");
        try
        {
            Write(Conf, "a\n"u8);
            Write("/etc/crio/fill", new byte[56 * 1024]);

            var lines = Run("sh", NodeFileScript.Write([AppendTo(Conf, "b\n"), NewFile(DropIn, new string('x', 32 * 1024))]));

            Assert.Contains(lines, line => line.StartsWith($"bad {DropIn} it could not be written", StringComparison.Ordinal));
            Assert.Equal("a\n", Text(Conf));
            Assert.Equal(["/etc/crio/fill", Conf], Files());
        }
        finally
        {
            Run("sh", $"umount {_root}/etc/crio");
        }
    }

    [RootFact]
    public void A_read_only_file_system_is_reported_and_nothing_is_left()
    {
        Run("sh", $"mount -t tmpfs tmpfs {_root}/etc/crio");
        try
        {
            Write("/etc/crio/crio.conf", "x\n"u8);
            Run("sh", $"mount -o remount,ro {_root}/etc/crio");
            Write(Conf, "a\n"u8);

            var lines = Run("sh", NodeFileScript.Write([AppendTo(Conf, "b\n"), NewFile(DropIn, "x\n")]));

            Assert.Contains(lines, line => line.StartsWith($"bad {DropIn} ", StringComparison.Ordinal) && line.Contains("ead-only", StringComparison.Ordinal));
            Assert.Equal("a\n", Text(Conf));
            Assert.Equal(["/etc/crio/crio.conf", Conf], Files());
        }
        finally
        {
            Run("sh", $"umount {_root}/etc/crio");
        }
    }

    private static FileChange NewFile(string path, string text) => new(path, NodeFileScript.Absent) { Suffix = text, Diff = "" };

    private static string New(string path, string text) => NodeFileScript.Write([NewFile(path, text)]);

    private FileChange AppendTo(string path, string text) => new(path, Hash(File.ReadAllBytes(_root + path))) { BasePath = path, Suffix = text, Diff = "" };

    private string Append(string path, string text) => NodeFileScript.Write([AppendTo(path, text)]);

    private static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static bool IsThere(string shell) => ((string[])["/bin", "/usr/bin"]).Any(folder => File.Exists($"{folder}/{shell.Split(' ')[0]}"));

    private void Write(string path, ReadOnlySpan<byte> bytes, string? mode = null)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_root + path)!);
        File.WriteAllBytes(_root + path, bytes);
        if (mode is not null)
            Run("sh", $"chmod {mode} {_root}{path}");
    }

    private string Text(string path) => File.ReadAllText(_root + path);

    private string Mode(string path) => Run("sh", $"stat -c %a {_root}{path}").Single();

    private IEnumerable<string> Files() => Directory.GetFiles(_root, "*", SearchOption.AllDirectories).Select(file => file[_root.Length..]).Order(StringComparer.Ordinal);

    private string[] Run(string shell, string script)
    {
        var words = shell.Split(' ');
        var start = new ProcessStartInfo(words[0], [.. words.Skip(1), "-c", script.Replace(NodeFileScript.Root + "/", _root + "/", StringComparison.Ordinal)])
        {
            RedirectStandardOutput = true,
        };
        start.Environment[HelperRole.FunctionsVariable] = NodeFileScript.Functions.Replace(NodeFileScript.Root + "/", _root + "/", StringComparison.Ordinal);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd().Replace(_root, "", StringComparison.Ordinal);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
