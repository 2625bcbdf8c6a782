using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Preflight.Checks;
using KubeCheckpoint.Cluster.Preflight.Hosts;

namespace KubeCheckpoint.Cluster.Preflight.Containers;

/// <summary>Checks running pods and containers by the rules.</summary>
/// <param name="checks">Receives the checks.</param>
/// <param name="runtime">The node's runtime.</param>
/// <param name="host">What is known of the node's host, or null.</param>
internal sealed class ContainerChecks(CheckList checks, CheckpointEngine? runtime, NodeHost? host)
{
    public const string Name = "RunningContainer";

    private const SupportScope Both = SupportScope.Checkpoint | SupportScope.Restore;

    /// <summary>Adds what was found in a container.</summary>
    /// <param name="container">The container, as <c>namespace/pod/container</c>.</param>
    /// <param name="facts">What is seen of the container.</param>
    /// <param name="remedy">What to do if not all of it is seen.</param>
    public void Add(string container, ContainerFacts facts, string? remedy = null)
    {
        if (facts.Processes.Count == 0)
        {
            AddUnknown(container, "its processes cannot be seen", remedy);
            return;
        }

        var found = ContainerRules.All.Count(rule => Add(container, rule, [.. rule.Find(facts)]));
        var hidden = facts.Hidden.Select(process => $"{process.Id}").ToList();
        if (hidden.Count > 0)
            AddUnknown(container, $"the descriptors of processes {CheckText.Names(hidden)} belong to another user and cannot be seen", remedy);
        else if (!facts.IsWhole)
            AddUnknown(container, "it has too many processes or descriptors to look at them all");
        else if (found == 0)
            checks.Passed(Name, Both, $"{container}: {facts.Processes.Count} processes, and nothing in them that is known to stop a dump or a restore");
    }

    /// <summary>Adds what a pod's manifest says.</summary>
    /// <param name="name">The pod, as <c>namespace/pod</c>.</param>
    /// <param name="pod">The manifest.</param>
    public void Add(string name, PodDocument pod)
    {
        foreach (var rule in PodRules.OfPods)
            Add(name, rule, [.. rule.Find(pod)]);
    }

    /// <summary>Adds what a pod's manifest says of a container.</summary>
    /// <param name="container">The container, as <c>namespace/pod/container</c>.</param>
    /// <param name="facts">The manifest.</param>
    public void Add(string container, PodFacts facts)
    {
        foreach (var rule in PodRules.OfContainers)
            Add(container, rule, [.. rule.Find(facts)]);
    }

    /// <summary>Adds that a container could not be looked into.</summary>
    public void AddUnknown(string container, string reason, string? remedy = null) => checks.Unknown(Name, Both, $"{container}: {reason}", remedy);

    private bool Add<T>(string name, ContainerRule<T> rule, IReadOnlyList<string> places)
    {
        if (places.Count == 0)
            return false;
        var detail = $"{name}: {rule.Finding}{(places is [""] ? "" : $": {CheckText.Names(places)}")}";
        if (rule.Option is not null && HasOption(rule) == true)
            checks.Passed(rule.Name, rule.Scope, $"{detail}; the node has '{rule.Option}'");
        else if (rule.IsWarning || (rule.Option is not null && HasOption(rule) is null))
            checks.Warning(rule.Name, rule.Scope, detail, rule.Remedy);
        else
            checks.Failed(rule.Name, rule.Scope, detail, rule.Remedy);
        return true;
    }

    /// <summary>Whether the option is set; null if the node's configuration is not known.</summary>
    private bool? HasOption<T>(ContainerRule<T> rule)
    {
        if (rule.IsSetByCriO && runtime == CheckpointEngine.CriO)
            return true;
        return host is { SeesFiles: true } ? host.CriuOptions.Any(line => line.Split(' ') is [_, var name, ..] && name == rule.Option) : null;
    }
}
