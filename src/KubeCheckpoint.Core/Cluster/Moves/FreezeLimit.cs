using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Moves;

/// <summary>How long a pod may be frozen before the kubelet kills a container because its liveness probe fails.</summary>
/// <param name="Time">The time.</param>
/// <param name="Container">The container whose probe sets it, or null if none has one.</param>
internal sealed record FreezeLimit(TimeSpan Time, string? Container)
{
    /// <summary>Without liveness probes: clients rarely wait longer for a response.</summary>
    private static readonly TimeSpan WithoutProbes = TimeSpan.FromMinutes(5);

    /// <summary>What the removal of the copy and the thaw may take.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(2);

    // The defaults of Kubernetes.
    private const int Failures = 3;
    private const int PeriodSeconds = 10;
    private const int TimeoutSeconds = 1;

    /// <summary>The limit of a pod: the least of its containers.</summary>
    public static FreezeLimit Of(PodDocument manifest) => manifest.Containers
        .Where(container => container.Object("livenessProbe") is not null)
        .Select(container => new FreezeLimit(TimeOf(container.Object("livenessProbe")!), container.Text("name")))
        .Append(new(WithoutProbes, null))
        .MinBy(limit => limit.Time)!;

    /// <summary>The first probe may begin at the moment of the freeze, and the last one that is allowed to fail ends with its timeout.</summary>
    private static TimeSpan TimeOf(JsonObject probe)
    {
        var seconds = (((probe.Number("failureThreshold") ?? Failures) - 1L) * (probe.Number("periodSeconds") ?? PeriodSeconds))
            + (probe.Number("timeoutSeconds") ?? TimeoutSeconds);
        return TimeSpan.FromSeconds(Math.Max(0, seconds)) - Margin;
    }
}
