using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Pods;

namespace KubeCheckpoint.Cluster.Drills;

/// <summary>
/// Makes a copy of a pod harmless: what it shares with the original, or would take from others, is replaced or left out.
/// </summary>
internal sealed class DrillManifest
{
    /// <summary>Kinds of volumes that are the pod's own, or only read.</summary>
    private static readonly string[] OwnKinds = ["configMap", "secret", "projected", "downwardAPI", "emptyDir", "ephemeral", "image"];

    private readonly JsonObject _pod;
    private readonly List<string> _remarks = [];

    private DrillManifest(JsonObject pod) => _pod = pod;

    private JsonObject Spec => _pod["spec"]!.AsObject();

    /// <summary>The manifest of the copy, and in what it differs from the original.</summary>
    /// <exception cref="KubeCheckpointException">DrillVolumeUnsupported.</exception>
    public static (string Manifest, IReadOnlyList<string> Remarks) Build(string manifest)
    {
        var drill = new DrillManifest(JsonNode.Parse(manifest)!.AsObject());
        foreach (var volume in drill.Spec.Objects("volumes").ToList())
            drill.Replace(volume);
        drill.LeaveTheNetworkOfTheNode();
        drill.TakeNothingFromOthers();
        return (drill._pod.ToJsonString(), drill._remarks);
    }

    /// <summary>
    /// Storage that others use is not written to: a folder of its own, empty, stands in its place. A process that has files open there
    /// cannot be restored so, which is the drill's limit and not the pod's.
    /// </summary>
    private void Replace(JsonObject volume)
    {
        var name = volume.Word("name") ?? "";
        var kind = volume.Select(pair => pair.Key).FirstOrDefault(key => key != "name") ?? "emptyDir";
        if (OwnKinds.Contains(kind) || (kind == "hostPath" && IsOnlyRead(name)))
            return;
        if (Spec.Containers().Any(container => container.Objects("volumeDevices").Any(device => device.Word("name") == name)))
            throw DrillFailure.DrillVolumeUnsupported((string?)_pod["metadata"]!["name"] ?? "", name);
        var what = (volume[kind] as JsonObject)?.Word("claimName") is { } claim ? $"claim '{claim}'" : kind;
        volume.Remove(kind);
        volume["emptyDir"] = new JsonObject();
        _remarks.Add($"Volume '{name}' ({what}) is an empty folder in the copy. A process that has files open in it cannot come back here.");
    }

    private bool IsOnlyRead(string volume) =>
        Spec.Containers().SelectMany(container => container.Objects("volumeMounts")).Where(mount => mount.Word("name") == volume)
            .All(mount => mount.Flag("readOnly") == true);

    private void LeaveTheNetworkOfTheNode()
    {
        if (Spec.Remove("hostNetwork", out var host) && host?.GetValueKind() == System.Text.Json.JsonValueKind.True)
            _remarks.Add("The copy has a network of its own; the original uses that of its node.");
        foreach (var port in Spec.Containers().SelectMany(container => container.Objects("ports")))
        {
            if (port.Remove("hostPort"))
                _remarks.Add("The copy has no ports of its node.");
        }
    }

    /// <summary>A copy of high priority could drive out others, the original among them; and it is alone in its namespace.</summary>
    private void TakeNothingFromOthers()
    {
        foreach (var field in (string[])["priorityClassName", "priority", "topologySpreadConstraints"])
            Spec.Remove(field);
        if (Spec["affinity"] is not JsonObject affinity)
            return;
        affinity.Remove("podAffinity");
        affinity.Remove("podAntiAffinity");
    }
}
