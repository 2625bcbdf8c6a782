using System.Globalization;
using System.Runtime.CompilerServices;
using KubeCheckpoint.Images.Checks;
using KubeCheckpoint.Images.Content;
using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Images.Stores;

namespace KubeCheckpoint.Images;

/// <summary>Tests whether images are intact, and which runtimes can restore containers from them.</summary>
public static class RestoreImageChecker
{
    /// <summary>
    /// Tests the images that a query leads to. Manifest and config are read and verified; layers are streamed once, for their digests and for
    /// the members that runtimes read.
    /// </summary>
    /// <param name="query">Where to look.</param>
    /// <param name="skipLayers">True not to read the layers: the verdicts are then based on manifest and config.</param>
    /// <param name="progress">Receives the bytes of layers read; may be called from any thread.</param>
    /// <param name="onFailure">Receives the failures to test single images; the test continues with the next.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>One result per image. A fault of an image is a finding, not a failure.</returns>
    /// <exception cref="KubeCheckpointException">
    /// RestoreImageNotFound, ImageNameInvalid, NotAnImageLayout, and the failures of a registry as a whole.
    /// </exception>
    public static async IAsyncEnumerable<RestoreImageTest> CheckAsync(
        RestoreImageQuery query,
        bool skipLayers,
        IProgress<TransferProgress>? progress,
        Action<string, KubeCheckpointException> onFailure,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var store = await ImageStore.OpenAsync(query, cancellationToken).ConfigureAwait(false);
        var finder = new ImageFinder(store);
        await foreach (var name in store.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            if (!query.IsWanted(name.Name))
                continue;
            var (images, broken) = await ReadAsync(finder, store, name, onFailure, cancellationToken).ConfigureAwait(false);
            if (broken is not null)
                yield return broken;
            foreach (var image in images)
                yield return await CheckAsync(finder, store, image, skipLayers, progress, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Adds a finding where the name no longer leads to the image that was created or found.</summary>
    /// <param name="test">The test.</param>
    /// <param name="image">The image that was created or found.</param>
    public static RestoreImageTest Compare(RestoreImageTest test, RestoreImage image)
    {
        if (test.Digest is null || test.Digest == image.Digest)
            return test;
        var moved = new RestoreImageFinding
        {
            Reference = test.Reference,
            Severity = FindingSeverity.Warning,
            Check = "TagMoved",
            Part = "manifest",
            Message = $"The name led to {image.Digest} when the image was created or found, and now leads to {test.Digest}.",
        };
        return test with { Findings = new[] { moved }.Concat(test.Findings).ToArray() };
    }

    private static async Task<(IReadOnlyList<FoundImage> Images, RestoreImageTest? Broken)> ReadAsync(
        ImageFinder finder, IImageStore store, StoredName name, Action<string, KubeCheckpointException> onFailure, CancellationToken cancellationToken)
    {
        try
        {
            return (await finder.ReadAsync(name, cancellationToken).ConfigureAwait(false), null);
        }
        catch (KubeCheckpointException failure) when (ImageReport.IsOfImage(failure))
        {
            var report = new ImageReport(name.Reference);
            report.Error(failure.ErrorId, "manifest", failure.Message);
            var reason = failure.ErrorId == nameof(ImageFailure.ContainerdCheckpointImage)
                ? "it was made by 'ctr containers checkpoint'"
                : "its manifest cannot be read";
            string[] reasons = [reason];
            return ([], Result(name.Reference, store.Place, null, null, false, report, reasons, reasons, reasons));
        }
        catch (KubeCheckpointException failure)
        {
            onFailure(name.Reference, failure);
            return ([], null);
        }
    }

    private static async Task<RestoreImageTest> CheckAsync(
        ImageFinder finder, IImageStore store, FoundImage image, bool skipLayers, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        var report = new ImageReport(image.Name.Reference);
        var annotations = CheckpointAnnotations.Of(image);
        CheckManifest(image, annotations, report);
        var config = await ReadConfigAsync(finder, image, report, cancellationToken).ConfigureAwait(false);
        LayerMembers? members = null;
        if (!skipLayers)
        {
            members = new LayerMembers();
            await Task.Run(() => CheckLayers(store, image, config, report, members, progress, cancellationToken), cancellationToken).ConfigureAwait(false);
            if (members.FindMissingMemory() is { } missing)
                report.Warning("ParentPages", "layers", $"No runtime can restore it: {missing}.");
        }
        var rules = new RestoreRules(image, members);
        CheckpointEngine? target = annotations is not null && config is not null
            ? RestoreImageReader.Read(image, annotations, config).TargetRuntime
            : null;
        var isDamaged = report.Findings.Any(finding => finding.Severity == FindingSeverity.Error);
        var damage = isDamaged ? "the image is damaged or not for Linux: see the findings" : null;
        return Result(
            image.Name.Reference, image.Place, image.Descriptor.Digest.ToString(), target, !skipLayers, report,
            Reasons(rules.CriO(), damage), Reasons(rules.Containerd(), damage), Reasons(rules.Podman(), damage));
    }

    private static string[] Reasons(IReadOnlyList<string> rules, string? damage) => damage is null ? [.. rules] : [damage, .. rules];

    private static void CheckManifest(FoundImage image, CheckpointAnnotations? annotations, ImageReport report)
    {
        if (image.Index is not null)
        {
            report.Warning(
                "Index",
                "manifest",
                $"The reference leads to an index; CRI-O and Podman recognize this image only by its digest {image.Descriptor.Digest}.");
        }
        if (annotations is not null && CheckpointAnnotations.Problem(annotations.Source) is { } problem)
            report.Warning("Annotations", "manifest", $"{problem}. Publish-RestoreImage copies the image with the annotations on the manifest.");
        if (image.Manifest.MediaType != OciMediaTypes.Manifest)
        {
            report.Warning(
                "MediaType",
                "manifest",
                $"Its type is '{image.Manifest.MediaType}', not '{OciMediaTypes.Manifest}': CRI-O and Podman do not read its annotations.");
        }
        if (image.Manifest.Layers.Count == 0)
            report.Error("NoLayer", "manifest", "It has no layer, and therefore no checkpoint.");
        if (image.Manifest.Annotations.GetValueOrDefault(RestoreImageAnnotations.Podman + "runtime.name") is { } runtime)
            report.Add(FindingSeverity.Information, "RuntimeName", "manifest", null, $"Podman restores it only where its OCI runtime is '{runtime}'.");
    }

    private static async Task<OciConfig?> ReadConfigAsync(ImageFinder finder, FoundImage image, ImageReport report, CancellationToken cancellationToken)
    {
        try
        {
            var config = await finder.ReadConfigAsync(image, cancellationToken).ConfigureAwait(false);
            if (config.Os != "linux")
                report.Error("Platform", "config", $"It is for the operating system '{config.Os}'; checkpoints are for linux.");
            if (string.IsNullOrEmpty(config.Architecture))
                report.Error("Platform", "config", "It names no architecture; containerd only uses an image for that of the node.");
            if (config.DiffIds.Count != image.Manifest.Layers.Count)
                report.Error("DiffId", "config", $"It has {config.DiffIds.Count} diff_ids for {image.Manifest.Layers.Count} layers.");
            return config;
        }
        catch (KubeCheckpointException failure) when (ImageReport.IsOfImage(failure))
        {
            report.Error(failure.ErrorId, "config", failure.Message);
            return null;
        }
    }

    private static void CheckLayers(
        IImageStore store,
        FoundImage image,
        OciConfig? config,
        ImageReport report,
        LayerMembers members,
        IProgress<TransferProgress>? progress,
        CancellationToken cancellationToken)
    {
        var meter = new TransferMeter(progress, $"Testing {image.Name.Reference}", "Reading layers", image.Manifest.Layers.Sum(layer => layer.Size));
        var check = new LayerCheck(store, report, members, cancellationToken);
        for (var i = 0; i < image.Manifest.Layers.Count; i++)
        {
            var diffId = config is not null && i < config.DiffIds.Count ? config.DiffIds[i] : null;
            check.Run(image.Manifest.Layers[i], string.Create(CultureInfo.InvariantCulture, $"layer {i + 1}"), diffId, meter);
        }
    }

    private static RestoreImageTest Result(
        string reference,
        string place,
        string? digest,
        CheckpointEngine? target,
        bool layersRead,
        ImageReport report,
        string[] criO,
        string[] containerd,
        string[] podman) => new()
        {
            Reference = reference,
            Destination = place,
            Digest = digest,
            TargetRuntime = target,
            LayersRead = layersRead,
            Findings = report.Findings,
            CriO = new RestoreVerdict { Runtime = CheckpointEngine.CriO, Reasons = criO },
            Containerd = new RestoreVerdict { Runtime = CheckpointEngine.Containerd, Reasons = containerd },
            Podman = new RestoreVerdict { Runtime = CheckpointEngine.Podman, Reasons = podman },
        };
}
