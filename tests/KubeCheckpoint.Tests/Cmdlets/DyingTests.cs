using System.Globalization;
using System.Management.Automation;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox;
using KubeCheckpoint.Tests.Engine;
using Xunit.Abstractions;
using static KubeCheckpoint.Tests.Engine.ObjectProperties;

namespace KubeCheckpoint.Tests.Cmdlets;

/// <summary>
/// Kills a process with SIGKILL at a random moment in every cmdlet that writes or creates anything: nothing under a final name is incomplete,
/// nothing with memory lies outside the destination, and what is left in the cluster has an owner and an end, is found, and is removed by the
/// next run. Once for each cmdlet; KUBECHECKPOINT_KILLS is how often instead, and KUBECHECKPOINT_SEED the seed.
/// </summary>
public sealed class DyingTests(DyingTests.Ground ground, ITestOutputHelper output) : IClassFixture<DyingTests.Ground>
{
    private const string Prelude = "$PSDefaultParameterValues['*:KubeConfig'] = $args[0]; $repository, $pod, $out, $saved, $zoo = $args[1..5]; ";

    /// <summary>The scripts. Those that send no request are killed after a time, the others at a request.</summary>
    private static readonly Dictionary<string, Scenario> Scenarios = new()
    {
        ["Save-CheckpointArchive"] = new("Get-Pod $pod -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination $out", Requests: 22),
        ["Restore-Pod"] = new("Restore-Pod $saved -Repository $repository -NewName \"$pod-result\"", Requests: 26),
        ["Test-PodRestore"] = new("Test-PodRestore $pod -Namespace shop -Repository $repository -TcpPort 8088 -ProbeTimeoutSec 1", Requests: 60, IsPassing: true),
        ["Move-Pod"] = new("Move-Pod $pod -Namespace shop -NodeName node2 -Repository $repository -Confirm:$false", Requests: 60, IsPassing: true),
        ["Test-CheckpointSupport -Deep"] = new("Test-CheckpointSupport node1 -Deep -Repository $repository", Requests: 50, IsPassing: true),
        ["Move-Pod, awaiting the archive"] = new("Move-Pod $pod -Namespace shop -NodeName node2 -Repository $repository -Confirm:$false", 1, IsPassing: true, "/checkpoint/"),
        ["Test-CheckpointSupport -Deep, awaiting the archive"] = new("Test-CheckpointSupport node1 -Deep -Repository $repository", 1, IsPassing: true, "/checkpoint/"),
        ["Test-CheckpointArchive -NodeName"] = new("Test-CheckpointArchive $saved -NodeName node1", Requests: 18),
        ["Initialize-CheckpointNode"] = new("Initialize-CheckpointNode node1 -Confirm:$false", Requests: 16),
        ["Publish-RestoreImage"] = new("New-RestoreImage $saved -Repository \"$repository-a\" | Publish-RestoreImage -Repository $repository", Requests: 22),
        ["New-RestoreImage layout"] = new("New-RestoreImage $saved -Destination $out/layout"),
        ["New-RestoreImage archive"] = new("New-RestoreImage $saved -Destination $out/image.tar"),
        ["Expand-CheckpointArchive"] = new("Expand-CheckpointArchive $zoo -Destination $out/files"),
        ["Export-CheckpointMemory"] = new("Export-CheckpointMemory $zoo -Destination $out/memory -WarningAction Ignore"),
        ["Export-CheckpointCoreDump"] = new("Export-CheckpointCoreDump $zoo -Destination $out/cores -WarningAction Ignore"),
        ["ConvertTo-CriuImage"] = new("ConvertFrom-CriuImage $zoo -Member checkpoint/files.img | ConvertTo-CriuImage -Destination $out/files.img"),
    };

    private static readonly int Kills = Number("KUBECHECKPOINT_KILLS", Scenarios.Count);
    private static readonly Random Random = new(Number("KUBECHECKPOINT_SEED", 20261130));

    public static TheoryData<string> Cmdlets => new(Scenarios.Keys);

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Killed_at_any_moment_it_leaves_nothing_broken_and_nothing_without_an_owner(string cmdlet)
    {
        var figures = new Figures();
        for (var kill = 0; kill < Math.Max(1, Kills / Scenarios.Count); kill++)
        {
            using var run = new Run(ground, cmdlet, Scenarios[cmdlet]);
            run.Die(figures);
        }
        output.WriteLine($"{cmdlet}: {figures}");
    }

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : otherwise;

    private sealed record Scenario(string Script, int Requests = 0, bool IsPassing = false, string At = "");

    private sealed class Figures
    {
        public int Killed { get; set; }

        public int Completed { get; set; }

        public int WholeFiles { get; set; }

        public int UnfinishedFiles { get; set; }

        public int Objects { get; set; }

        public int NodeArchives { get; set; }

        public int Reported { get; set; }

        public override string ToString() =>
            $"killed {Killed}, completed before {Completed}; left: {WholeFiles} whole files, {UnfinishedFiles} under temporary names in the destination, "
            + $"{Objects} objects in the cluster, {NodeArchives} archives on nodes, of which {Reported} for the user to decide on";
    }

    /// <summary>A sandbox, and archives to work with.</summary>
    public sealed class Ground : IDisposable
    {
        private readonly Dictionary<string, Dictionary<string, string>> _expected = [];
        private int _last;
        private Action<SandboxRequest>? _onRequest;

        public Ground()
        {
            Session = new(new SandboxOptions { PodRetry = TimeSpan.FromMilliseconds(100) });
            Session.Cluster.AddNamespace("shop");
            Session.Cluster.AddFault(new SandboxFault { When = Seen });
            var pod = AddPod();
            _ = Session.Run(
                $"Get-Pod {pod} -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -RemoveSource -Destination ./saved", Session.Repository).Single;
            Saved = Directory.GetFiles(Path.Combine(Session.Folder, "saved"), "*.tar")[0];
        }

        internal ClusterSession Session { get; }

        public string Saved { get; }

        /// <summary>Calls this at each request, until it is null.</summary>
        public void OnRequest(Action<SandboxRequest>? action) => _onRequest = action;

        public string AddPod()
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"pod{++_last}");
            Session.Cluster.AddPod(new SandboxPod("shop", name, "node1", new SandboxContainer("app") { Environment = new Dictionary<string, string> { ["PORT"] = "8088" } })
            {
                AutomountServiceAccountToken = false,
            });
            return name;
        }

        /// <summary>The digests of the files that a script writes when it is not killed, by their relative names.</summary>
        public Dictionary<string, string> Expected(string script)
        {
            if (_expected.TryGetValue(script, out var known))
                return known;
            var folder = Directory.CreateDirectory(Path.Combine(Session.Folder, Guid.NewGuid().ToString("n"))).FullName;
            _ = Session.Run(Prelude + script, Session.Cluster.KubeConfigPath, Session.Repository, "none", folder, Saved, Fixture.Zoo).Objects;
            return _expected[script] = Digests(folder);
        }

        public void Dispose() => Session.Dispose();

        private bool Seen(SandboxRequest request)
        {
            _onRequest?.Invoke(request);
            return false;
        }
    }

    private static Dictionary<string, string> Digests(string folder) => Directory.GetFiles(folder, "*", SearchOption.AllDirectories).ToDictionary(
        file => Path.GetRelativePath(folder, file), file => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file))));

    /// <summary>One process, killed once.</summary>
    private sealed class Run : IDisposable
    {
        private static readonly string[] Resources = ["pods", "namespaces", "configmaps", "secrets", "serviceaccounts", "networkpolicies"];
        private static readonly string[] OfTheCluster = ["kube-root-ca.crt", "default", "kube-checkpoint"];

        private readonly Ground _ground;
        private readonly string _cmdlet;
        private readonly Scenario _scenario;
        private readonly string _folder = Directory.CreateTempSubdirectory("kubecheckpoint-dying").FullName;
        private readonly string _repository;
        private readonly string _pod;
        private readonly HashSet<string> _before;

        public Run(Ground ground, string cmdlet, Scenario scenario)
        {
            (_ground, _cmdlet, _scenario) = (ground, cmdlet, scenario);
            _pod = ground.AddPod();
            _repository = $"{ground.Session.Repository}-{_pod}";
            _before = [.. Objects().Keys];
        }

        private string Out => Path.Combine(_folder, "out");

        private string Temporary => Path.Combine(_folder, "tmp");

        private string Home => Path.Combine(_folder, "home");

        public void Dispose()
        {
            foreach (var file in Directory.GetFiles(_ground.Session.Cluster.CheckpointFolder("node1")))
                File.Delete(file);
            Directory.Delete(_folder, recursive: true);
        }

        public void Die(Figures figures)
        {
            var expected = _scenario.Requests == 0 ? _ground.Expected(_scenario.Script) : [];
            var moment = Kill(figures);
            var where = $"{_cmdlet}, killed {moment}";

            NothingLiesElsewhere(where);
            DestinationIsWhole(expected, figures, where);
            RegistryIsWhole(where);
            figures.NodeArchives += Directory.GetFiles(_ground.Session.Cluster.CheckpointFolder("node1")).Length;
            if (_scenario.IsPassing && Random.Next(2) == 0)
                _ground.Session.Cluster.EndHelperPodsAsync().GetAwaiter().GetResult();
            var left = EverythingHasAnOwner(where);
            figures.Objects += left.Count;
            if (left.Count > 0)
                TheNextRunRemovesIt(left, where);
            if (_scenario.IsPassing)
                NodesAreClean(figures, where);
        }

        private string Kill(Figures figures)
        {
            foreach (var folder in (string[])[Out, Temporary, Home])
                Directory.CreateDirectory(folder);
            using var child = ChildEngine.StartScript(
                Temporary,
                Home,
                Prelude + _scenario.Script,
                [_ground.Session.Cluster.KubeConfigPath, _repository, _pod, Out, _ground.Saved, Fixture.Zoo]);
            var (number, delay) = (Random.Next(1, _scenario.Requests + 1), Random.Next(_scenario.Requests > 0 ? 30 : 300));
            var left = number;
            using var isDue = new ManualResetEventSlim(_scenario.Requests == 0);
            if (_scenario.Requests > 0)
                _ground.OnRequest(request => _ = request.Path.Contains(_scenario.At, StringComparison.Ordinal) && Interlocked.Decrement(ref left) == 0 && Set(isDue));
            var moment = _scenario.Requests > 0 ? $"{delay} ms after request {number} of {_scenario.At}" : $"after {delay} ms";
            child.StandardInput.WriteLine();
            while (!child.HasExited && !isDue.Wait(20))
            {
            }
            child.WaitForExit(delay);
            if (child.HasExited)
                figures.Completed++;
            else
                figures.Killed++;
            child.Kill();
            child.WaitForExit();
            _ground.OnRequest(null);

            // What the servers were doing for it comes to its end.
            Thread.Sleep(_scenario.Requests > 0 ? 700 : 0);
            return moment;
        }

        private static bool Set(ManualResetEventSlim due)
        {
            due.Set();
            return true;
        }

        private void NothingLiesElsewhere(string where)
        {
            var files = Directory.GetFiles(Temporary, "*", SearchOption.AllDirectories).Where(file => new FileInfo(file).Length > 0);
            Assert.True(!files.Any(), $"{where}: {string.Join(", ", files)}");
            foreach (var file in Directory.GetFiles(Home, "*", SearchOption.AllDirectories))
                Assert.False(File.ReadAllBytes(file).AsSpan().IndexOf("ustar"u8) >= 0, $"{where}: {file}");
        }

        private void DestinationIsWhole(Dictionary<string, string> expected, Figures figures, string where)
        {
            foreach (var (name, digest) in Digests(Out))
            {
                if (!IsFinal(name, expected))
                {
                    figures.UnfinishedFiles++;
                    continue;
                }
                figures.WholeFiles++;
                Assert.True(IsWhole(name, digest, expected), $"{where}: {name} is not whole");
            }
        }

        private static bool IsFinal(string name, Dictionary<string, string> expected) =>
            expected.ContainsKey(name) || name.EndsWith(".tar", StringComparison.Ordinal) || name.EndsWith(".pod.json", StringComparison.Ordinal);

        private bool IsWhole(string name, string digest, Dictionary<string, string> expected)
        {
            var path = Path.Combine(Out, name);
            if (name.EndsWith(".json", StringComparison.Ordinal))
                return JsonNode.Parse(File.ReadAllText(path)) is not null;
            if (name.StartsWith("checkpoint-", StringComparison.Ordinal))
                return File.ReadAllBytes(path).AsSpan().SequenceEqual(File.ReadAllBytes(Directory.GetFiles(_ground.Session.Cluster.CheckpointFolder("node1"), "*.tar")[0]));
            if (name == "image.tar")
                return Text(_ground.Session.Run("Test-RestoreImage -Path $args[0]", path).Single, "IsWhole") == "True";
            return Path.GetFileName(name) == digest || expected[name] == digest;
        }

        private void RegistryIsWhole(string where)
        {
            if (_scenario.Requests == 0)
                return;
            var images = _ground.Session.Run("Get-RestoreImage $args[0] -ErrorAction Ignore | Test-RestoreImage", _repository).Output;
            Assert.All(images, image => Assert.True(Text(image, "IsWhole") == "True", $"{where}: {image}"));
        }

        /// <summary>The objects that are left, as Get-CheckpointLeftover finds them.</summary>
        private List<string> EverythingHasAnOwner(string where)
        {
            var leftovers = _ground.Session.Run("Get-CheckpointLeftover").Objects;
            var reports = Archives(leftovers).Select(item => Text(item, "RecommendedAction")!).ToList();
            var found = leftovers.Where(item => Text(item, "Kind") != "File").ToDictionary(
                item => $"{(Text(item, "Kind") == "Pod" ? "pods" : "namespaces")}/{Text(item, "Namespace")}/{Text(item, "Name")}", item => Text(item, "State"));
            foreach (var (key, item) in Objects().Where(pair => !_before.Contains(pair.Key)))
            {
                var metadata = item["metadata"]!;
                var isResult = (string?)metadata["namespace"] == "shop" && ((string)metadata["name"]!).StartsWith(_pod + "-", StringComparison.Ordinal);
                var role = (string?)metadata["labels"]?["kubecheckpoint.io/role"];
                if (isResult && (role is null || !Objects().ContainsKey($"pods/shop/{_pod}")))
                    continue;
                Assert.True(role is not null && metadata["annotations"]?["kubecheckpoint.io/expires"] is not null, $"{where}: {key} has no owner");
                if (key.StartsWith("pods/", StringComparison.Ordinal) && role != "move")
                    Assert.True((int?)item["spec"]!["activeDeadlineSeconds"] > 0, $"{where}: {key} has no deadline");
                var isInNamespace = found.ContainsKey($"namespaces//{(string?)metadata["namespace"]}");
                var isReport = reports.Exists(text => text.Contains((string)metadata["name"]!, StringComparison.Ordinal));
                if (!isInNamespace && !isReport && metadata["deletionTimestamp"] is null)
                    Assert.True(found.GetValueOrDefault(key) == (role == "move" ? "Undecided" : "Abandoned"), $"{where}: {key} is not found");
            }
            return [.. found.Where(pair => pair.Value == "Abandoned").Select(pair => pair.Key)];
        }

        private void TheNextRunRemovesIt(List<string> left, string where)
        {
            var (pod, folder) = (_ground.AddPod(), Directory.CreateDirectory(Path.Combine(_folder, "next")).FullName);
            _ = _ground.Session.Run(
                Prelude + _scenario.Script, _ground.Session.Cluster.KubeConfigPath, $"{_repository}-next", pod, folder, _ground.Saved, Fixture.Zoo).Objects;
            Assert.True(
                SpinWait.SpinUntil(() => !left.Exists(key => Objects().ContainsKey(key) && !AwaitsArchive(key)), TimeSpan.FromSeconds(30)),
                $"{where}: {string.Join(", ", left.Where(Objects().ContainsKey))} is left after the next run");
        }

        /// <summary>Whether a helper pod is still to report an archive that may be somebody else's.</summary>
        private bool AwaitsArchive(string key) => NodeFiles().Any(file => file.EndsWith($".{key[(key.LastIndexOf('/') + 1)..]}.requested", StringComparison.Ordinal));

        /// <summary>Of the archives that only pass through, those whose names the process did not learn before it died are reported; no other is left.</summary>
        private void NodesAreClean(Figures figures, string where)
        {
            _ground.Session.Cluster.EndHelperPodsAsync().GetAwaiter().GetResult();
            var reported = Archives(_ground.Session.Run("Get-CheckpointLeftover").Objects).ToList();
            Assert.All(reported, item => Assert.Equal(("node1", "Undecided"), (Text(item, "NodeName"), Text(item, "State"))));
            Assert.Equal(NodeFiles(), reported.Select(item => Path.GetFileName(Text(item, "Name")!)).Order(StringComparer.Ordinal));
            Assert.True(NodeFiles().All(file => file.StartsWith($"checkpoint-{_pod}_shop-", StringComparison.Ordinal)), $"{where}: {string.Join(", ", NodeFiles())}");
            figures.Reported += reported.Count;
            foreach (var pod in _ground.Session.Cluster.HelperPods.Where(pod => (string?)pod["status"]!["phase"] == "Succeeded"))
                _ground.Session.Cluster.RemovePod((string)pod["metadata"]!["namespace"]!, (string)pod["metadata"]!["name"]!);
        }

        private static IEnumerable<PSObject> Archives(IEnumerable<PSObject> leftovers) => leftovers.Where(item => Text(item, "Role") == "PassingArchive");

        private IEnumerable<string> NodeFiles() =>
            Directory.GetFiles(_ground.Session.Cluster.CheckpointFolder("node1")).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

        private Dictionary<string, JsonObject> Objects() => Resources
            .SelectMany(resource => _ground.Session.Cluster.Objects(resource)
                .Select(item => (Key: $"{resource}/{(string?)item["metadata"]!["namespace"]}/{(string?)item["metadata"]!["name"]}", Item: item)))
            .Where(pair => !OfTheCluster.Contains((string?)pair.Item["metadata"]!["name"]))
            .ToDictionary(pair => pair.Key, pair => pair.Item);
    }
}
