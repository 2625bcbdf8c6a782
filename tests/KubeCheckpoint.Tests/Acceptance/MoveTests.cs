using System.Globalization;
using System.Management.Automation;
using KubeCheckpoint.Tests.Engine;
using Xunit.Abstractions;
using static KubeCheckpoint.Tests.Acceptance.AcceptanceSettings;
using static KubeCheckpoint.Tests.Engine.ObjectProperties;

namespace KubeCheckpoint.Tests.Acceptance;

/// <summary>Busy pods are moved on a real cluster, and nothing that they have acknowledged is lost.</summary>
[Trait("Category", "Acceptance")]
public sealed class MoveTests(ITestOutputHelper output) : IDisposable
{
    /// <summary>Two programs append numbers to files of one volume, as fast as they can be read back.</summary>
    private const string Append =
        "import sys, time; f = open('/data/' + sys.argv[1], 'a'); n = 0\\nwhile True:\\n  n += 1; f.write('%d\\\\n' % n); f.flush(); time.sleep(0.005)";

    private readonly ModuleSession _session = new();
    private readonly string _id = Guid.NewGuid().ToString("n")[..8];

    /// <summary>From each node to each other node.</summary>
    public static TheoryData<string, string> Moves
    {
        get
        {
            var moves = new TheoryData<string, string>();
            foreach (var from in Nodes)
            {
                foreach (var to in Nodes.Where(node => node != from))
                    moves.Add(from, to);
            }

            return moves;
        }
    }

    public void Dispose()
    {
        Kubectl.Run("delete", "pod", "--wait=false", "--selector", $"acceptance={_id}");
        _session.Dispose();
    }

    [ProgramTheory]
    [MemberData(nameof(Moves))]
    public void A_redis_has_every_number_that_it_has_acknowledged(string from, string to)
    {
        var pod = Start("redis", from, Container("main", "redis", "null"));
        var address = Kubectl.Run("get", "pod", pod, "--output", "jsonpath={.status.podIP}");
        var writer = Start(
            "writer", from, Container("main", "redis", $"""["sh", "-c", "yes 'INCR n' | redis-cli -h {address} 2>/dev/null | grep --line-buffered -E '^[0-9]+$'"]"""));
        Kubectl.Await(log => Last(log) > 1000, "logs", "--tail=20", writer);

        var move = Move(pod, to);

        var acknowledged = Last(Kubectl.Run("logs", "--tail=20", writer));
        var restored = long.Parse(Kubectl.Run("exec", Text(move, "PodName")!, "--", "redis-cli", "get", "n"), CultureInfo.InvariantCulture);
        output.WriteLine($"acknowledged {acknowledged}, restored {restored}");

        // One more may have been counted whose response did not arrive.
        Assert.InRange(restored, acknowledged, acknowledged + 1);
    }

    [ProgramTheory]
    [MemberData(nameof(Moves))]
    public void Two_containers_and_their_busy_volume_are_moved_as_they_were_at_one_moment(string from, string to)
    {
        var containers = string.Join(", ", ((string[])["a", "b"]).Select(name => Container(name, "python", $$"""["python3", "-c", "{{Append}}", "{{name}}"]""")));
        var pod = Start("two", from, containers);
        foreach (var file in (string[])["a", "b"])
            Kubectl.Await(text => Last(text) > 100, "exec", pod, "--container", "a", "--", "tail", "-n", "1", $"/data/{file}");

        var copy = Text(Move(pod, to), "PodName")!;

        foreach (var file in (string[])["a", "b"])
        {
            var lines = Kubectl.Run("exec", copy, "--container", "a", "--", "cat", $"/data/{file}").Split('\n');
            Assert.Equal(Enumerable.Range(1, lines.Length).Select(number => number.ToString(CultureInfo.InvariantCulture)), lines);
            Kubectl.Await(text => Last(text) > lines.Length, "exec", copy, "--container", "a", "--", "tail", "-n", "1", $"/data/{file}");
        }
    }

    [ProgramTheory]
    [MemberData(nameof(Moves))]
    public void A_stock_postgresql_is_moved_with_its_rows(string from, string to)
    {
        var pod = Start("postgresql", from, Container("main", "postgresql", "null"));
        Kubectl.Await(_ => true, "exec", pod, "--", "program", "write", _id);
        var before = Kubectl.Program(pod, "state").Split(' ')[0];

        var copy = Text(Move(pod, to), "PodName")!;

        Assert.Equal(before, Kubectl.Program(copy, "state").Split(' ')[0]);
    }

    private PSObject Move(string pod, string node)
    {
        var move = Assert.Single(_session.Run(
            "Get-Pod $args[0] -Namespace $args[1] -KubeConfig $args[2] | " +
            "Move-Pod -NodeName $args[3] -Repository $args[4] -HelperImage $args[5] -HelperNamespace $args[6] -TimeoutSec 180 -Confirm:$false",
            pod,
            Namespace,
            KubeConfig,
            node,
            Repository,
            Setting("HELPER_IMAGE", $"{Images}/python:1"),
            HelperNamespace).Objects);
        output.WriteLine($"{move}: freeze {Text(move, "Freeze")}, downtime {Text(move, "Downtime")}, gap {Text(move, "Gap")}, {Text(move, "Bytes")} bytes");
        Assert.Equal(TimeSpan.Zero, move.Properties["Gap"].Value);
        Assert.Equal("", Kubectl.Run("get", "pod", pod, "--ignore-not-found", "--output", "name"));
        return move;
    }

    private string Start(string name, string node, string containers)
    {
        name = $"acceptance-{name}-{_id}";
        Kubectl.Start(name, _id, node, containers, """[ { "name": "data", "emptyDir": {} } ]""");
        return name;
    }

    private static string Container(string name, string image, string command) =>
        $$"""
        { "name": "{{name}}", "image": "{{Images}}/{{image}}:1", "command": {{command}}, "volumeMounts": [ { "name": "data", "mountPath": "/data" } ] }
        """;

    private static long Last(string text) =>
        long.TryParse(text.Split('\n').LastOrDefault(line => line.Length > 0), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
