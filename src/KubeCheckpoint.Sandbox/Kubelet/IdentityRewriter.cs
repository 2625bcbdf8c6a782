using System.Formats.Tar;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.State;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.Kubelet;

/// <summary>
/// Copies a real archive as one of another container. Only the identity (names, UID, IDs, pod IP, times) is rewritten, in the JSON members
/// that contain it; every other member is copied byte for byte.
/// </summary>
internal static class IdentityRewriter
{
    private const string CriO = "io.kubernetes.cri-o.";
    private const string Cri = "io.kubernetes.cri.";

    public static async Task CopyAsync(Stream source, Stream target, CheckpointIdentity identity, CancellationToken cancellationToken)
    {
        (var oldId, var oldUid, var oldSandbox) = await FindAsync(source, cancellationToken);
        source.Position = 0;
        await using var reader = new TarReader(source, leaveOpen: true);
        await using var writer = new TarWriter(target, TarEntryFormat.Gnu, leaveOpen: true);
        while (await reader.GetNextEntryAsync(cancellationToken: cancellationToken) is { } entry)
        {
            var name = BareName(entry.Name);
            if (name is "config.dump" or "spec.dump" or "status.dump" or "bind.mounts")
            {
                var text = (await TextAsync(entry, cancellationToken))
                    .Replace(oldId, identity.ContainerId, StringComparison.Ordinal)
                    .Replace(oldUid, identity.PodUid, StringComparison.Ordinal)
                    .Replace(oldSandbox, NodeState.SandboxId(identity.PodUid), StringComparison.Ordinal);
                entry.DataStream = new MemoryStream(Encoding.UTF8.GetBytes(name == "bind.mounts" ? text : Rewrite(name, text, identity)));
            }
            await writer.WriteEntryAsync(entry, cancellationToken);
        }
    }

    private static async Task<(string ContainerId, string PodUid, string SandboxId)> FindAsync(Stream source, CancellationToken cancellationToken)
    {
        string id = "", uid = "", sandbox = "";
        await using var reader = new TarReader(source, leaveOpen: true);
        while (await reader.GetNextEntryAsync(cancellationToken: cancellationToken) is { } entry)
        {
            if (BareName(entry.Name) == "config.dump")
            {
                id = JsonNode.Parse(await TextAsync(entry, cancellationToken)).Text("id");
            }
            else if (BareName(entry.Name) == "spec.dump")
            {
                var annotations = JsonNode.Parse(await TextAsync(entry, cancellationToken)).At("annotations");
                uid = annotations.Text("io.kubernetes.pod.uid") is { Length: > 0 } criO ? criO : annotations.Text(Cri + "sandbox-uid");
                sandbox = annotations.Text(CriO + "SandboxID") is { Length: > 0 } ofCriO ? ofCriO : annotations.Text(Cri + "sandbox-id");
            }
        }
        return id.Length > 0 && uid.Length > 0 && sandbox.Length > 0 ? (id, uid, sandbox) : throw new InvalidDataException("The archive names no container.");
    }

    private static string Rewrite(string name, string text, CheckpointIdentity identity)
    {
        var json = JsonNode.Parse(text)!.AsObject();
        var indented = text.Contains("\n  ", StringComparison.Ordinal);
        switch (name)
        {
            case "config.dump":
                RewriteConfig(json, identity);
                break;
            case "spec.dump":
                RewriteSpec(json, identity);
                break;
            default:
                json["metadata"]!["name"] = identity.ContainerName;
                RewriteLabels(json["labels"]!.AsObject(), identity);
                break;
        }
        return json.ToJsonString(indented ? JsonText.Pretty : JsonText.Compact);
    }

    private static void RewriteConfig(JsonObject config, CheckpointIdentity identity)
    {
        var age = Time(config, "checkpointedTime") - Time(config, "createdTime");
        config["name"] = RuntimeName(config.Text("name").StartsWith("k8s_", StringComparison.Ordinal), identity);
        config["createdTime"] = Text(identity.Time - age);
        config["checkpointedTime"] = Text(identity.Time);
    }

    private static void RewriteSpec(JsonObject spec, CheckpointIdentity identity)
    {
        var annotations = spec["annotations"]!.AsObject();
        var oldPod = annotations.Text("io.kubernetes.pod.name") is { Length: > 0 } criO ? criO : annotations.Text(Cri + "sandbox-name");
        Set("io.kubernetes.container.name", identity.ContainerName);
        Set("io.kubernetes.pod.name", identity.PodName);
        Set("io.kubernetes.pod.namespace", identity.Namespace);
        Set(CriO + "IP.0", identity.PodIp);
        Set(CriO + "Created", Text(identity.Time));
        Set(CriO + "Metadata", new JsonObject { ["name"] = identity.ContainerName }.ToJsonString());
        Set(CriO + "Name", RuntimeName(true, identity));
        Set(CriO + "SandboxName", $"k8s_{identity.PodName}_{identity.Namespace}_{identity.PodUid}_0");
        Set(CriO + "LogPath", $"/var/log/pods/{identity.Namespace}_{identity.PodName}_{identity.PodUid}/{identity.ContainerName}/0.log");
        Set(Cri + "container-name", identity.ContainerName);
        Set(Cri + "sandbox-name", identity.PodName);
        Set(Cri + "sandbox-namespace", identity.Namespace);
        annotations.Remove("kubectl.kubernetes.io/last-applied-configuration");
        if (annotations.ContainsKey(CriO + "Labels"))
        {
            var labels = JsonNode.Parse(annotations.Text(CriO + "Labels"))!.AsObject();
            RewriteLabels(labels, identity);
            annotations[CriO + "Labels"] = labels.ToJsonString(JsonText.Compact);
        }
        if (spec.ContainsKey("hostname"))
            spec["hostname"] = identity.PodName;
        if (spec["process"]?["env"] is JsonArray environment)
        {
            for (var i = 0; i < environment.Count; i++)
            {
                if (environment[i].Text() == "HOSTNAME=" + oldPod)
                    environment[i] = "HOSTNAME=" + identity.PodName;
            }
        }
        void Set(string key, string value)
        {
            if (annotations.ContainsKey(key))
                annotations[key] = value;
        }
    }

    private static void RewriteLabels(JsonObject labels, CheckpointIdentity identity)
    {
        labels["io.kubernetes.container.name"] = identity.ContainerName;
        labels["io.kubernetes.pod.name"] = identity.PodName;
        labels["io.kubernetes.pod.namespace"] = identity.Namespace;
    }

    private static string RuntimeName(bool criO, CheckpointIdentity identity) =>
        $"{(criO ? "k8s_" : "")}{identity.ContainerName}_{identity.PodName}_{identity.Namespace}_{identity.PodUid}_0";

    private static DateTimeOffset Time(JsonObject config, string name) =>
        DateTimeOffset.Parse(config.Text(name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'00Z'", CultureInfo.InvariantCulture);

    private static string BareName(string name) => name.StartsWith("./", StringComparison.Ordinal) ? name[2..] : name;

    private static async Task<string> TextAsync(TarEntry entry, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(entry.DataStream!, leaveOpen: true);
        return await reader.ReadToEndAsync(cancellationToken);
    }
}
