using System.Text.RegularExpressions;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Conversion;

/// <summary>The image that the container ran, by names that the target can find.</summary>
/// <param name="Name">The name: <c>rootfsImageName</c>.</param>
/// <param name="Reference">
/// <c>rootfsImageRef</c>. CRI-O looks for the image ID, and for the name where this is empty; it pulls neither. containerd pulls this,
/// as <c>name@digest</c> or <c>name:tag</c>, and cannot use an ID. Podman has no such field.
/// </param>
/// <param name="Id">The image ID, 64 hexadecimal digits, or null. CRI-O and Podman compute the same one; Podman requires it.</param>
internal sealed partial record BaseImage(string Name, string Reference, string? Id)
{
    private const string OnlyLocal = "localhost";

    /// <summary>The image by the request, otherwise by the archive.</summary>
    /// <exception cref="KubeCheckpointException">BaseImageUnknown.</exception>
    public static BaseImage Of(ConversionSource source)
    {
        var id = AsId(source.Request.BaseImageId) ?? IdOf(source);
        if (source.Target == CheckpointEngine.Podman && id is null)
        {
            throw Unknown(source, "it does not record the ID of the container's image, which Podman requires",
                "Give it with -BaseImageId: 'podman image inspect --format {{.Id}} NAME' prints it where the image has been pulled.");
        }
        var given = source.Request.BaseImage is { } name ? ImageReference.Parse(name) : null;
        var known = given ?? NameOf(source);
        // The name in the request counts, even if the archive has the ID of another image.
        if (given is not null && source.Request.BaseImageId is null && source.Target != CheckpointEngine.Podman)
            id = null;
        var pinned = known.Digest is null && given is null && DigestOf(source) is { } digest ? known with { Digest = digest } : known;
        return source.Target switch
        {
            CheckpointEngine.CriO => new BaseImage(id is null ? NameWithDigest(pinned) : known.ToString(), id ?? "", id),
            CheckpointEngine.Containerd => new BaseImage(known.ToString(), NameWithDigest(pinned), id),
            _ => new BaseImage(known.ToString(), "", id),
        };
    }

    // The runtimes treat a name with tag and digest differently.
    private static string NameWithDigest(ImageReference image) => (image.Digest is null ? image : image with { Tag = null }).ToString();

    private static ImageReference NameOf(ConversionSource source)
    {
        const string GiveIt = "Give the image with -BaseImage, by a name that the nodes can pull.";
        const string PushIt =
            "Push that image to a registry that the nodes can reach, and give its name there with -BaseImage. " +
            "If the nodes have it under this name, give this name.";
        var name = source.Config.Text("rootfsImageName") ?? throw Unknown(source, "it does not record which image the container ran", GiveIt);
        if (!ImageReference.TryParse(name, out var image, out var reason))
            throw Unknown(source, $"the name of the container's image, '{name}', is not valid: {reason}", GiveIt);
        return image.Registry == OnlyLocal && source.Target != CheckpointEngine.Podman
            ? throw Unknown(source, $"the container ran '{image}', which is not in a registry", PushIt)
            : image;
    }

    private static string? IdOf(ConversionSource source) => source.Engine switch
    {
        CheckpointEngine.Podman => AsId(source.Config.Text("rootfsImageID")),
        CheckpointEngine.CriO => AsId(source.Config.Text("rootfsImageRef")) ?? AsId(source.Config.Text("rootfsImage")),
        _ => AsId(source.Status?.Text("image_id")) ?? AsId(source.Config.Text("rootfsImageRef")),
    };

    private static Digest? DigestOf(ConversionSource source)
    {
        var names = source.Engine switch
        {
            CheckpointEngine.CriO => AnnotationOf(source, "io.kubernetes.cri-o.ImageRepoDigests") ?? AnnotationOf(source, "io.kubernetes.cri-o.ImageRef"),
            CheckpointEngine.Containerd => source.Config.Text("rootfsImageRef"),
            _ => null,
        };
        // CRI-O joins all of them by commas: one image under several names, or its index and its manifest.
        foreach (var name in names?.Split(',', StringSplitOptions.TrimEntries) ?? [])
        {
            if (name.IndexOf('@', StringComparison.Ordinal) is > 0 and var at && Digest.TryParse(name[(at + 1)..], out var digest))
                return digest;
        }
        return null;
    }

    private static string? AnnotationOf(ConversionSource source, string name) =>
        source.Spec.MapOf(source.Spec.Root["annotations"], "annotations").GetValueOrDefault(name) is { Length: > 0 } text ? text : null;

    private static string? AsId(string? text) => text is not null && IdForm().Match(text) is { Success: true } match ? match.Groups[1].Value : null;

    private static KubeCheckpointException Unknown(ConversionSource source, string reason, string action) =>
        ConversionFailure.BaseImageUnknown(source.Path, source.Engine, source.Target, reason, action);

    [GeneratedRegex(@"\A(?:sha256:)?([0-9a-f]{64})\z")]
    private static partial Regex IdForm();
}
