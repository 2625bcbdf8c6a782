using System.Text.Json;
using System.Text.RegularExpressions;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Images.Content;
using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Images.Stores;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Images.Checks;

/// <summary>
/// How each runtime recognizes a restore image, and what it reads before it calls CRIU. CRI-O: server/container_restore.go
/// and internal/storage/image.go; containerd: internal/cri/server/container_checkpoint_linux.go; Podman: pkg/checkpoint/checkpoint_restore.go,
/// cmd/podman/containers/restore.go, and libpod's validation of a container's config.
/// </summary>
/// <param name="image">The image.</param>
/// <param name="members">The members of its layers, or null where they were not read.</param>
internal sealed partial class RestoreRules(FoundImage image, LayerMembers? members)
{
    public IReadOnlyList<string> CriO()
    {
        var reasons = new List<string>();
        // Annotations are read from the document that the reference leads to, and only from an OCI manifest.
        RequireOciManifest(reasons);
        RequireAnnotation(image.Manifest.Annotations, RestoreImageAnnotations.CriO + "name", reasons);
        if (members is null)
            return reasons;
        using var spec = ReadJson(LayerMembers.Spec, reasons);
        using var config = ReadJson(LayerMembers.Config, reasons);
        RequireImages(reasons);
        if (spec is not null && !HasCriOAnnotations(spec))
            reasons.Add("spec.dump has no annotation io.kubernetes.cri-o.Annotations with a JSON object of strings");
        if (config is not null && Text(config, "rootfsImageName") is null && !(Text(config, "rootfsImageRef") is { } id && ImageId().IsMatch(id)))
            reasons.Add("config.dump names no base image: it has neither rootfsImageName nor an image ID in rootfsImageRef");
        return reasons;
    }

    public IReadOnlyList<string> Containerd()
    {
        var reasons = new List<string>();
        // Read from the document that the reference leads to, of any type.
        RequireAnnotation((image.Index ?? image.Manifest).Annotations, RestoreImageAnnotations.Common + "container.name", reasons);
        if (members is null)
            return reasons;
        using var spec = ReadJson(LayerMembers.Spec, reasons);
        using var config = ReadJson(LayerMembers.Config, reasons);
        using var status = ReadJson(LayerMembers.Status, reasons);
        RequireImages(reasons);
        if (config is null)
            return reasons;
        if (Text(config, "rootfsImageRef") is not { } reference)
            reasons.Add("config.dump has no rootfsImageRef, by which containerd pulls the base image");
        else if (!IsPullable(reference))
            reasons.Add($"config.dump has '{reference}' as rootfsImageRef, by which containerd cannot pull the base image; it must be name@digest");
        if (Text(config, "rootfsImageName") is not { } name || !IsReference(name))
            reasons.Add("config.dump has no valid reference as rootfsImageName");
        return reasons;
    }

    public IReadOnlyList<string> Podman()
    {
        var reasons = new List<string>();
        RequireOciManifest(reasons);
        RequireAnnotation(image.Manifest.Annotations, RestoreImageAnnotations.Podman + "runtime.name", reasons);
        if (members is null)
            return reasons;
        using var spec = ReadJson(LayerMembers.Spec, reasons);
        using var config = ReadJson(LayerMembers.Config, reasons);
        RequireImages(reasons);
        if (config is null)
            return reasons;
        // Kubernetes' runtimes write a config.dump without it; libpod refuses a container with neither image nor root.
        if (Text(config, "rootfsImageID") is null && Text(config, "rootfs") is null)
            reasons.Add("config.dump was not written for Podman: it has no rootfsImageID");
        if (Text(config, "pod") is not null)
            reasons.Add("the container is in a Podman pod, which only 'podman container restore --pod' restores");
        return reasons;
    }

    private void RequireOciManifest(List<string> reasons)
    {
        if (image.Index is not null)
            reasons.Add($"the reference leads to an index, and the annotations of its manifests are not read; {image.Descriptor.Digest} leads to the manifest");
        else if (image.Manifest.MediaType != OciMediaTypes.Manifest)
            reasons.Add($"its manifest is of type '{image.Manifest.MediaType}', whose annotations are not read; it must be '{OciMediaTypes.Manifest}'");
    }

    private void RequireAnnotation(IReadOnlyDictionary<string, string> annotations, string key, List<string> reasons)
    {
        if (annotations.ContainsKey(key))
            return;
        var elsewhere = image.Manifest.Annotations.ContainsKey(key) ? "manifest"
            : image.Index?.Annotations.ContainsKey(key) == true ? "index"
            : image.Described.Any(described => described.ContainsKey(key)) ? "descriptor in the index"
            : null;
        reasons.Add(elsewhere is null ? $"there is no annotation {key}" : $"the annotation {key} is only on the {elsewhere}, where it is not read");
    }

    private void RequireImages(List<string> reasons)
    {
        if (members!.Find(LayerMembers.Folder) is { } folder && folder.Kind != ArchiveMemberKind.Directory)
            reasons.Add($"checkpoint is of kind {folder.Kind} instead of a folder");
        else if (members.Find(LayerMembers.Inventory) is not { Kind: ArchiveMemberKind.File })
            reasons.Add("there are no CRIU images: checkpoint/inventory.img is missing");
        else if (members.FindMissingMemory() is { } missing)
            reasons.Add(missing);
    }

    private JsonDocument? ReadJson(string name, List<string> reasons)
    {
        var member = members!.Find(name);
        if (member?.Content is not { } content)
        {
            reasons.Add(member is null ? $"there is no {name}" : $"{name} is of kind {member.Kind} instead of a file");
            return null;
        }
        try
        {
            var document = StrictJson.Parse(content, ArchiveLimits.JsonDepth);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return document;
            document.Dispose();
        }
        catch (JsonException)
        {
            // Reported below.
        }
        reasons.Add($"{name} is not a JSON object");
        return null;
    }

    private static bool HasCriOAnnotations(JsonDocument spec)
    {
        return spec.RootElement.Text("annotations", "io.kubernetes.cri-o.Annotations") is { } annotations && StrictJson.TryRead(
            annotations,
            root => root.ValueKind == JsonValueKind.Null
                || root.EnumerateObject().All(pair => pair.Value.ValueKind is JsonValueKind.String or JsonValueKind.Null));
    }

    private static bool IsPullable(string reference) => reference.Contains('/', StringComparison.Ordinal) && IsReference(reference);

    private static bool IsReference(string text) => ImageReference.TryParse(text, out _, out _);

    private static string? Text(JsonDocument document, string name) => document.RootElement.Text(name);

    [GeneratedRegex(@"\A[0-9a-f]{64}\z")]
    private static partial Regex ImageId();
}
