using System.Diagnostics;
using System.Globalization;
using KubeCheckpoint.Cluster.Freezing;

namespace KubeCheckpoint.Core.Tests.Cluster.Freezing;

/// <summary>The names that cgroups have on a node.</summary>
public enum CgroupNames
{
    /// <summary>cgroup v1, driver cgroupfs, containerd.</summary>
    Plain,

    /// <summary>cgroup v1, driver cgroupfs, CRI-O.</summary>
    Crio,

    /// <summary>cgroup v1, driver systemd, containerd.</summary>
    ContainerdScope,

    /// <summary>cgroup v2, driver systemd, CRI-O.</summary>
    CrioScopeV2,
}

/// <summary>
/// The keeper, a real shell, on a folder that looks like the cgroups of a node, with a clock and processes that the test controls. The test does
/// what runtime and kernel do, each step when the keeper has seen the one before.
/// </summary>
internal sealed class FreezerTree : IDisposable
{
    public const string Uid = "0bdbcd4d-e288-4d8c-ae17-f2098f1bfdf3";
    public static readonly string First = new('a', 64);
    public static readonly string Second = new('b', 64);

    private const int Lease = 1000;
    private const int Margin = 2000;
    private const int Longest = 6000;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly string _folder = Directory.CreateTempSubdirectory("kubecheckpoint-freezer-").FullName;
    private readonly CgroupNames _names;
    private readonly string _shell;
    private long _now = 123456;
    private int _number;

    public FreezerTree(CgroupNames names = CgroupNames.Plain, string shell = "sh")
    {
        _names = names;
        _shell = shell;
        Directory.CreateDirectory(Path.Join(_folder, "proc"));
        Wait(0);
        Pod = names switch
        {
            CgroupNames.Plain or CgroupNames.Crio => Path.Join(Root, "freezer", "node-a", "kubepods", "burstable", $"pod{Uid}"),
            CgroupNames.ContainerdScope => Path.Join(
                Root, "freezer", "kubepods.slice", "kubepods-burstable.slice", $"kubepods-burstable-pod{Uid.Replace('-', '_')}.slice"),
            _ => Path.Join(Root, "kubepods.slice", $"kubepods-pod{Uid.Replace('-', '_')}.slice"),
        };
        MakeCgroup(Pod);
        foreach (var id in (string[])[First, Second])
        {
            MakeCgroup(Container(id));
        }
        if (names is CgroupNames.Crio or CgroupNames.CrioScopeV2)
            MakeCgroup(Path.Join(Pod, $"crio-conmon-{First}.scope"));
        Keeper = Start();
    }

    public string Pod { get; }

    public Process Keeper { get; private set; }

    private string Root => Path.Join(_folder, "cgroup");

    private string Requests => Path.Join(_folder, "requests");

    private bool IsV2 => _names == CgroupNames.CrioScopeV2;

    public string Container(string id) => Path.Join(Pod, _names switch
    {
        CgroupNames.Plain => id,
        CgroupNames.Crio => $"crio-{id}",
        CgroupNames.ContainerdScope => $"cri-containerd-{id}.scope",
        _ => $"crio-{id}.scope",
    });

    public void MakeCgroup(string path)
    {
        Directory.CreateDirectory(path);
        Write(path, "cgroup.procs", "");
        if (IsV2)
        {
            Write(path, "cgroup.freeze", "0\n");
            Write(path, "cgroup.events", "populated 1\nfrozen 0\n");
            Write(path, "cgroup.kill", "");
        }
        else
        {
            Write(path, "freezer.state", "THAWED\n");
            Write(path, "freezer.self_freezing", "0\n");
        }
    }

    /// <summary>What is in a file of a cgroup, without the end of the line.</summary>
    public static string Read(string path, string name) => File.ReadAllText(Path.Join(path, name)).Trim();

    public bool IsFrozen(string path) => IsV2 ? Read(path, "cgroup.freeze") == "1" : Read(path, "freezer.state") == "FROZEN";

    /// <summary>The clock goes on.</summary>
    public void Wait(int hundredths)
    {
        _now += hundredths;
        Replace(Path.Join(_folder, "proc", "uptime"), string.Create(CultureInfo.InvariantCulture, $"{_now / 100}.{_now % 100:00} 1.00\n"));
    }

    public void WaitForLease() => Wait(Lease + 1);

    public void WaitForMargin() => Wait(Margin);

    public void WaitForLongest() => Wait(Longest + 1);

    /// <summary>Puts a process into a container.</summary>
    public void Put(int process, string id)
    {
        Write(Container(id), "cgroup.procs", $"{process}\n");
        Directory.CreateSymbolicLink(Path.Join(_folder, "proc", $"{process}"), $"/proc/{process}");
    }

    /// <summary>Puts a process that CRIU has stopped into a container.</summary>
    public void PutTraced(string id)
    {
        const int Process = 2147483000;
        Write(Container(id), "cgroup.procs", $"{Process}\n");
        Write(Path.Join(_folder, "proc", $"{Process}"), "status", "Name:\tredis\nTracerPid:\t77\nShdPnd:\t0000000000000000\n");
    }

    /// <summary>Asks the keeper for something, as commands in its pod do.</summary>
    public async Task<string> AskAsync(string request)
    {
        var number = ++_number;
        await Until(() => Directory.Exists(Requests), request);
        Replace(Path.Join(Requests, "request"), $"{number} {request} .\n");
        await Until(() => TextOf("reply").StartsWith($"{number} ", StringComparison.Ordinal) && TextOf("reply").EndsWith(" .", StringComparison.Ordinal), request);
        return TextOf("reply")[$"{number} ".Length..^2];
    }

    public Task<string> OpenAsync(params string[] ids) => AskAsync($"open {Lease} {Margin} {Longest} {Uid} {string.Join(' ', ids)}");

    /// <summary>The runtime freezes a container, or thaws it.</summary>
    public void Set(string id, bool isFrozen)
    {
        var path = Container(id);
        if (IsV2)
        {
            Replace(Path.Join(path, "cgroup.freeze"), isFrozen ? "1\n" : "0\n");
            return;
        }
        Replace(Path.Join(path, "freezer.self_freezing"), isFrozen ? "1\n" : "0\n");
        Replace(Path.Join(path, "freezer.state"), isFrozen ? "FROZEN\n" : "THAWED\n");
    }

    /// <summary>A dump up to the moment at which CRIU has thawed the container for its parasite code.</summary>
    public async Task BeginDumpAsync(string id)
    {
        PutTraced(id);
        Set(id, isFrozen: true);
        await ToldAsync("watch paused");
        Assert.False(IsFrozen(Pod));
        Set(id, isFrozen: false);
        await ToldAsync("watch traced");
        Assert.False(IsFrozen(Pod));
    }

    /// <summary>The end of the dump, and the archive is written. Then the runtime resumes the container.</summary>
    public async Task EndDumpAsync(string id)
    {
        Set(id, isFrozen: true);
        await FrozenAsync();
        Set(id, isFrozen: false);
    }

    /// <summary>Waits until the pod is frozen.</summary>
    public async Task FrozenAsync()
    {
        await Until(() => IsFrozen(Pod), "frozen");
        if (IsV2)
            Write(Pod, "cgroup.events", "populated 1\nfrozen 1\n");
        await ToldAsync("held");
    }

    public async Task HoldAsync(string id)
    {
        Assert.Equal("armed", await AskAsync($"arm {id}"));
        await BeginDumpAsync(id);
        await EndDumpAsync(id);
        Assert.Equal("held 0 0", await AskAsync("held"));
    }

    /// <summary>Waits for a state that the keeper tells its client.</summary>
    public Task ToldAsync(string state) => Until(() => TextOf("state") == state, state);

    public async Task EndedAsync()
    {
        await Keeper.WaitForExitAsync().WaitAsync(Limit);
        Assert.Equal(0, Keeper.ExitCode);
        Assert.False(Directory.Exists(Requests));
    }

    /// <summary>Kills the keeper, as the kernel does when memory is short; the kubelet starts it again.</summary>
    public async Task RestartAsync()
    {
        Keeper.Kill();
        await Keeper.WaitForExitAsync().WaitAsync(Limit);
        Keeper.Dispose();
        Keeper = Start();
    }

    public void Dispose()
    {
        if (!Keeper.HasExited)
            Keeper.Kill();
        Keeper.WaitForExit();
        Keeper.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Runs a command of a client.</summary>
    public async Task<(int ExitCode, string Output)> RunAsync(Func<string, string> command)
    {
        using var process = Run(KeeperScript.Text + command(Requests), redirect: true);
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(Limit);
        return (process.ExitCode, output.Trim());
    }

    private Process Start() =>
        Run(KeeperScript.Text + KeeperScript.Keep(Requests, Root, Path.Join(_folder, "proc"), TimeSpan.FromDays(1)), redirect: false);

    private Process Run(string script, bool redirect) => Process.Start(
        new ProcessStartInfo(_shell, _shell == "busybox" ? ["sh", "-c", script] : ["-c", script]) { RedirectStandardOutput = redirect })!;

    private string TextOf(string name)
    {
        var path = Path.Join(Requests, name);
        return File.Exists(path) ? File.ReadAllText(path).Trim() : "";
    }

    private static void Write(string folder, string name, string text)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Join(folder, name), text);
    }

    /// <summary>As the kernel shows values: never half of one.</summary>
    private static void Replace(string path, string text)
    {
        File.WriteAllText($"{path}.new", text);
        File.Move($"{path}.new", path, overwrite: true);
    }

    private async Task Until(Func<bool> condition, string what)
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(watch.Elapsed < Limit, $"'{what}' did not come; the keeper says '{TextOf("state")}' and '{TextOf("reply")}'.");
            await Task.Delay(5);
        }
    }
}
