using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox;
using KubeCheckpoint.Tests.Engine;
using static KubeCheckpoint.Tests.Engine.ObjectProperties;

namespace KubeCheckpoint.Tests.Cmdlets;

/// <summary>Move-Pod with several pods and several nodes: a node is emptied.</summary>
public sealed class EmptyNodeTests : IDisposable
{
    private readonly ClusterSession _session = new(new SandboxOptions
    {
        PodRetry = TimeSpan.FromMilliseconds(100),
        Nodes = [new("old", SandboxRuntime.CriO), new("big", SandboxRuntime.CriO), new("other", SandboxRuntime.Containerd)],
    });

    public void Dispose() => _session.Dispose();

    [Fact]
    public void Pods_go_to_their_own_runtime_first_and_to_another_where_it_has_no_room()
    {
        Add("small", "1Gi");
        Add("large", "5Gi");
        Add("middle", "4Gi");

        var outcome = Move("Get-Pod -NodeName old -Namespace shop | Move-Pod -NodeName big, other -SkipPreflight -Repository $args[0]");

        Assert.Empty(outcome.Errors);
        Assert.Equal(
            ["large big", "middle other", "small big"],
            outcome.Objects.Select(move => $"{Text(move, "PreviousPodName")} {Text(move, "NodeName")}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Pods_of_one_owner_are_spread()
    {
        foreach (var name in (string[])["a", "b"])
            Add(name, "1Gi", owner: "7b3fa2de-0000-4000-8000-000000000001");

        var moves = Move("Get-Pod -NodeName old -Namespace shop | Move-Pod -NodeName big, other -AsStandalone -SkipPreflight -Repository $args[0]").Objects;

        Assert.Equal(["big", "other"], moves.Select(move => Text(move, "NodeName")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_cannot_move_is_named_before_the_first_pod_moves()
    {
        Add("huge", "64Gi");
        Add("picky", "1Gi", pod => pod["spec"]!["nodeSelector"] = new JsonObject { ["disk"] = "ssd" });
        Add("fine", "1Gi");

        var outcome = Move("Get-Pod -NodeName old -Namespace shop | Move-Pod -NodeName big, other -SkipPreflight -Repository $args[0]");

        Assert.Equal("fine", Text(Assert.Single(outcome.Output), "PreviousPodName"));
        Assert.Equal(["NoNodeForMove", "NoNodeForMove"], outcome.Errors.Select(error => error.FullyQualifiedErrorId.Split(',')[0]));
        var full = Assert.Single(outcome.Errors, error => error.ToString().Contains("shop/huge", StringComparison.Ordinal)).ToString();
        Assert.Matches(@"big: Node 'big' has too little left for pod 'shop/huge': memory \(requested 64\.0 GiB, free 7\.\d GiB\)", full);
        Assert.Contains("other: Node 'other' has too little left", full, StringComparison.Ordinal);
        var picky = Assert.Single(outcome.Errors, error => error.ToString().Contains("shop/picky", StringComparison.Ordinal)).ToString();
        Assert.Contains("disk=ssd", picky, StringComparison.Ordinal);
        Assert.Contains(outcome.Warnings, warning => warning.Message == "Moved 1 of 3 pods: 1 to big. The errors say why the others stay.");
    }

    [Fact]
    public void A_single_node_that_is_too_full_is_refused_before_the_checkpoint()
    {
        Add("huge", "64Gi");

        Assert.Equal("NodeTooFull", Move("Move-Pod huge -Namespace shop -NodeName big -Repository $args[0]").ErrorId);
        Assert.Empty(_session.CheckpointRequests);
    }

    [Fact]
    public void Wildcards_leave_out_the_node_that_a_pod_is_on()
    {
        Add("small", "1Gi");

        Assert.Equal("big", Text(Move("Move-Pod small -Namespace shop -NodeName * -Repository $args[0]").Single, "NodeName"));
        Assert.Equal("NoNodeMatches", Move("Move-Pod small-moved -Namespace shop -NodeName z* -Repository $args[0]").ErrorId);
    }

    [Fact]
    public void A_pod_that_is_deleted_while_it_waits_is_not_moved()
    {
        Add("first", "2Gi");
        Add("second", "1Gi");
        var delete = () => _session.Cluster.RemovePod("shop", "second");

        var outcome = Move(
            "$delete = $args[1]; Get-Pod -NodeName old -Namespace shop | " +
            "Move-Pod -NodeName big -ThrottleLimit 1 -Repository $args[0] -ScriptBlock { $delete.Invoke(); $true }",
            delete);

        Assert.Equal("first", Text(Assert.Single(outcome.Output), "PreviousPodName"));
        Assert.Equal("PodNotFound", outcome.Errors.Single().FullyQualifiedErrorId.Split(',')[0]);
    }

    private void Add(string name, string memory, Action<JsonObject>? change = null, string? owner = null) =>
        _session.Cluster.AddPod(new SandboxPod("shop", name, "old", new SandboxContainer("app"))
        {
            AutomountServiceAccountToken = false,
            Adjust = pod =>
            {
                pod["spec"]!["containers"]![0]!["resources"] = new JsonObject { ["requests"] = new JsonObject { ["memory"] = memory } };
                if (owner is not null)
                    pod["metadata"]!["ownerReferences"] = JsonNode.Parse($$"""[{"apiVersion": "example.com/v1", "kind": "Set", "name": "set", "uid": "{{owner}}", "controller": true}]""");
                change?.Invoke(pod);
            },
        });

    private Outcome Move(string script, object? argument = null) => _session.Run("$ConfirmPreference = 'None'; " + script, _session.Repository, argument);
}
