using System.Management.Automation;
using KubeCheckpoint.Tests.Engine;
using static KubeCheckpoint.Tests.Acceptance.AcceptanceSettings;
using static KubeCheckpoint.Tests.Engine.ObjectProperties;

namespace KubeCheckpoint.Tests.Acceptance;

/// <summary>
/// Real programs, checkpointed while clients are connected, on a real cluster. tests/acceptance/make-images.sh makes their images;
/// for the settings, see CONTRIBUTING.md.
/// </summary>
[Trait("Category", "Acceptance")]
public sealed class ProgramTests : IDisposable
{
    private readonly ModuleSession _session = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("kubecheckpoint-acceptance").FullName;
    private readonly string _id = Guid.NewGuid().ToString("n")[..8];

    /// <summary>Each program from each node to each node, itself included.</summary>
    public static TheoryData<string, string, string> Moves
    {
        get
        {
            var moves = new TheoryData<string, string, string>();
            foreach (var program in new[] { "nginx", "memcached", "python", "postgresql", "redis" })
            {
                foreach (var from in Nodes)
                {
                    foreach (var to in Nodes)
                        moves.Add(program, from, to);
                }
            }

            return moves;
        }
    }

    public void Dispose()
    {
        Kubectl.Run("delete", "pod", "--wait=false", "--selector", $"acceptance={_id}");
        _session.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [ProgramTheory]
    [MemberData(nameof(Moves))]
    public void Programs_continue_with_their_state_and_serve_new_clients(string program, string from, string to)
    {
        var pod = Start(program, from);
        Kubectl.Await(_ => true, "exec", pod, "--", "program", "write", _id);
        var before = State(pod);
        Connect(program, from, Address(pod));
        Kubectl.Await(count => int.Parse(count) >= 3, "exec", pod, "--", "program", "connections");

        var restored = Restore(program, pod, to);

        Assert.Equal(("Running", to), (Text(restored, "Status"), Text(restored, "NodeName")));
        Assert.Equal("0", Text(restored, "RestartCount"));
        Assert.Equal(Kubectl.Run("exec", pod, "--", "id", "-u"), Kubectl.Run("exec", Text(restored, "PodName")!, "--", "id", "-u"));
        var after = State(Text(restored, "PodName")!);
        Assert.Equal(before.Kept, after.Kept);
        Assert.True(after.Count > before.Count, $"The count was {before.Count} and is {after.Count}.");
        var client = Connect(program, to, Address(Text(restored, "PodName")!));
        Kubectl.Await(responses => responses.Length > 0, "logs", client);
    }

    private string Start(string program, string node, string suffix = "", string command = "null")
    {
        var name = $"acceptance-{_id}{suffix}";
        Kubectl.Start(
            name, _id, node, $$"""{ "name": "main", "image": "{{Images}}/{{program}}:1", "imagePullPolicy": "Always", "command": {{command}} }""");
        return name;
    }

    private string Connect(string program, string node, string address) =>
        Start(program, node, $"-to-{address.Replace('.', '-')}", $"""["program", "client", "{address}"]""");

    private PSObject Restore(string program, string pod, string node) => Assert.Single(_session.Run(
        """
        Get-Pod $args[0] -Namespace $args[1] -KubeConfig $args[2] | Invoke-ContainerCheckpoint |
            Save-CheckpointArchive -Destination $args[3] -HelperImage $args[4] -HelperNamespace $args[5] -IncludeVolumes:$args[9] |
            New-RestoreImage -Repository $args[6] -TargetRuntime $args[7] |
            Restore-Pod -KubeConfig $args[2] -NodeName $args[8] -TimeoutSec 180 -HelperImage $args[4]
        """,
        pod,
        Namespace,
        KubeConfig,
        _folder,
        Setting("HELPER_IMAGE", $"{Images}/{program}:1"),
        HelperNamespace,
        Repository,
        Runtime(node),
        node,
        program == "postgresql").Objects);

    private static (string Kept, int Count) State(string pod)
    {
        var state = Kubectl.Program(pod, "state").Split(' ');
        return (state[0], int.Parse(state[1]));
    }

    private static string Address(string pod) => Kubectl.Run("get", "pod", pod, "--output", "jsonpath={.status.podIP}");

    private static string Runtime(string node) =>
        Kubectl.Run("get", "node", node, "--output", "jsonpath={.status.nodeInfo.containerRuntimeVersion}").Split(':')[0] switch
        {
            "cri-o" => "CriO",
            "containerd" => "Containerd",
            var other => throw new InvalidOperationException($"Node '{node}' runs '{other}'."),
        };
}
