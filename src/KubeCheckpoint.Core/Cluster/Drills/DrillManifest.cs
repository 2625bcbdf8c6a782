using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Drills;

/// <summary>
/// Makes a copy of a pod harmless: replaces or drops what it would share with the original or take from other pods.
/// </summary>
internal sealed class DrillManifest
{
    /// <summary>Kinds of volumes that belong to the pod alone or are read-only.</summary>
    private static readonly string[] OwnKinds = ["configMap", "secret", "projected", "downwardAPI", "emptyDir", "ephemeral", "image"];

    private readonly PodDocument _pod;
    private readonly List<string> _remarks = [];

    private DrillManifest(PodDocument pod) => _pod = pod;

    /// <summary>Changes the copy, and returns how it differs from the original.</summary>
    /// <exception cref="KubeCheckpointException">DrillVolumeUnsupported.</exception>
    public static IReadOnlyList<string> MakeHarmless(PodDocument pod)
    {
        var drill = new DrillManifest(pod);
        foreach (var volume in pod.Volumes.ToList())
            drill.Replace(volume);
        drill.LeaveTheNetworkOfTheNode();
        drill.TakeNothingFromOthers();
        return drill._remarks;
    }

    /// <summary>
    /// Replaces storage that others use by an empty folder, so that the copy does not write to it. A process with open files there cannot be
    /// restored in a drill, although it may be in a real restore.
    /// </summary>
    private void Replace(JsonObject volume)
    {
        var name = volume.Text("name") ?? "";
        var kind = volume.Select(pair => pair.Key).FirstOrDefault(key => key != "name") ?? "emptyDir";
        if (OwnKinds.Contains(kind) || (kind == "hostPath" && IsOnlyRead(name)))
            return;
        if (_pod.Containers.Any(container => container.Objects("volumeDevices").Any(device => device.Text("name") == name)))
            throw DrillFailure.DrillVolumeUnsupported(_pod.Name, name);
        var what = volume.Object(kind)?.Text("claimName") is { } claim ? $"claim '{claim}'" : kind;
        volume.Remove(kind);
        volume["emptyDir"] = new JsonObject();
        _remarks.Add($"Volume '{name}' ({what}) is an empty folder in the copy. A process that has files open in it cannot be restored in this test.");
    }

    private bool IsOnlyRead(string volume) =>
        _pod.Containers.SelectMany(container => container.Objects("volumeMounts")).Where(mount => mount.Text("name") == volume)
            .All(mount => mount.Flag("readOnly") == true);

    private void LeaveTheNetworkOfTheNode()
    {
        if (_pod.UsesHostNetwork)
            _remarks.Add("The copy has its own network; the original uses the network of its node.");
        _pod.Spec.Remove("hostNetwork");
        foreach (var port in _pod.Containers.SelectMany(container => container.Objects("ports")))
        {
            if (port.Remove("hostPort"))
                _remarks.Add("The copy has no host ports.");
        }
    }

    /// <summary>A copy with a high priority could preempt other pods, even the original. Inter-pod rules do not apply: it is alone in its namespace.</summary>
    private void TakeNothingFromOthers()
    {
        foreach (var field in (string[])["priorityClassName", "priority", "topologySpreadConstraints"])
            _pod.Spec.Remove(field);
        if (_pod.Spec.Object("affinity") is not { } affinity)
            return;
        affinity.Remove("podAffinity");
        affinity.Remove("podAntiAffinity");
    }
}
