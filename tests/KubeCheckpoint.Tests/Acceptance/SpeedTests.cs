using System.Diagnostics;
using System.Globalization;
using KubeCheckpoint.Tests.Engine;
using Xunit.Abstractions;
using static KubeCheckpoint.Tests.Acceptance.AcceptanceSettings;
using static KubeCheckpoint.Tests.Engine.ObjectProperties;

namespace KubeCheckpoint.Tests.Acceptance;

/// <summary>
/// Saves an archive of 1 GiB from each node, verified, beside <c>kubectl exec cat</c> of the same file. The start of the helper pod counts.
/// </summary>
[Trait("Category", "Acceptance")]
public sealed class SpeedTests(ITestOutputHelper output) : IDisposable
{
    private const int Rounds = 5;
    private const double Target = 1.15;

    /// <summary>The limit where the processors are too few to hash on both sides beside the transfer.</summary>
    private const double BusyLimit = 2;
    private const int NeededCores = 4;
    private const string Folder = "/var/lib/kubelet/checkpoints";

    private readonly ModuleSession _session = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("kubecheckpoint-acceptance").FullName;
    private readonly string _id = Guid.NewGuid().ToString("n")[..8];

    public static TheoryData<string> EachNode => new(Nodes);

    private static string Image => $"{Images}/python:1";

    public void Dispose()
    {
        Kubectl.Run("delete", "pod", "--wait=false", "--selector", $"acceptance={_id}");
        Kubectl.Run("--namespace", HelperNamespace, "delete", "pod", "--wait=false", "--selector", $"acceptance={_id}");
        _session.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [ProgramTheory]
    [MemberData(nameof(EachNode))]
    public void An_archive_of_a_gibibyte_is_saved_in_little_more_time_than_reading_it_takes(string node)
    {
        var pod = Start(Namespace, "large", node, """["python3", "-c", "import os, time; memory = os.urandom(1 << 30); print(1, flush=True); time.sleep(100000)"]""", "[]", "[]");
        Kubectl.Await(text => text == "1", "logs", pod);
        var reader = Start(
            HelperNamespace, "reader", node, """["sleep", "100000"]""", $$"""[ { "name": "archives", "hostPath": { "path": "{{Folder}}" } } ]""", $$"""[ { "name": "archives", "mountPath": "{{Folder}}" } ]""");
        var path = Text(Assert.Single(_session.Run(
            "Get-Pod $args[0] -Namespace $args[1] -KubeConfig $args[2] | Invoke-ContainerCheckpoint", pod, Namespace, KubeConfig).Objects), "NodePath")!;
        try
        {
            Save(node, path);
            var times = Enumerable.Range(0, Rounds).Select(_ => (Cat: Time(() => Cat(reader, path)), Save: Time(() => Save(node, path)))).ToList();

            var ratio = Median(times.Select(time => time.Save)) / Median(times.Select(time => time.Cat));
            var free = Environment.ProcessorCount - Load();
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{node}: kubectl exec cat {Median(times.Select(time => time.Cat)):0.0} s, saved in {Median(times.Select(time => time.Save)):0.0} s, ratio {ratio:0.00}, {free:0.0} free cores"));
            Assert.InRange(ratio, 0, free >= NeededCores ? Target : BusyLimit);
        }
        finally
        {
            Kubectl.Run("--namespace", HelperNamespace, "exec", reader, "--", "rm", path);
        }
    }

    private string Start(string ns, string name, string node, string command, string volumes, string mounts)
    {
        name = $"acceptance-{name}-{_id}";
        Kubectl.Start(name, _id, node, $$"""{ "name": "main", "image": "{{Image}}", "command": {{command}}, "volumeMounts": {{mounts}} }""", volumes, ns);
        return name;
    }

    private void Save(string node, string path)
    {
        var outcome = _session.Run(
            "Save-CheckpointArchive -NodeName $args[0] -NodePath $args[1] -Destination $args[2] -KubeConfig $args[3] -HelperImage $args[4] -HelperNamespace $args[5]",
            node,
            path,
            _folder,
            KubeConfig,
            Setting("HELPER_IMAGE", Image),
            HelperNamespace);
        Assert.True(new FileInfo(Text(Assert.Single(outcome.Objects), "Path")!).Length > 1 << 30);
        foreach (var file in Directory.GetFiles(_folder))
            File.Delete(file);
    }

    private void Cat(string pod, string path)
    {
        var copy = Path.Join(_folder, "copy");
        var start = new ProcessStartInfo("kubectl", ["--kubeconfig", KubeConfig!, "--namespace", HelperNamespace, "exec", pod, "--", "cat", path]) { RedirectStandardOutput = true };
        using (var process = Process.Start(start)!)
        using (var file = File.Create(copy))
        {
            process.StandardOutput.BaseStream.CopyTo(file, 1024 * 1024);
            process.WaitForExit();
            file.Flush(flushToDisk: true);
            Assert.Equal(0, process.ExitCode);
        }

        File.Delete(copy);
    }

    private static double Time(Action action)
    {
        var watch = Stopwatch.StartNew();
        action();
        return watch.Elapsed.TotalSeconds;
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Rounds / 2);

    /// <summary>The load of the last minute, in which one core ran the transfer itself.</summary>
    private static double Load() =>
        File.Exists("/proc/loadavg") ? double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture) - 1 : 0;
}
