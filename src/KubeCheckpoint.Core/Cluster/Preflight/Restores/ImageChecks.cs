using System.Collections.Concurrent;
using KubeCheckpoint.Archives.Requirements;
using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Preflight.Checks;
using KubeCheckpoint.Images;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Cluster.Preflight.Restores;

/// <summary>Checks whether the runtime will find the image that the container ran from. Each tag is looked up once.</summary>
internal sealed class ImageChecks(RegistryOptions options)
{
    private const SupportScope Scope = SupportScope.Restore;

    /// <summary>A kubelet lists at most the 50 largest images; a shorter list is complete.</summary>
    private const int MaxListedImages = 50;

    /// <summary>The node may reach a registry that this machine cannot reach, so there is no point in waiting long.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, Lazy<Task<(string? Digest, string? Reason)>>> _tags = new(StringComparer.Ordinal);

    public async Task AddAsync(CheckList checks, RestoreRequirements archive, ClusterNode node, CancellationToken cancellationToken)
    {
        if (archive.Archive.Image is not { } image)
        {
            checks.Unknown("BaseImage", Scope, "the archive does not record the image that the container ran from");
            return;
        }

        AddPresence(checks, archive, node, image);
        await AddTagAsync(checks, archive, node, image, cancellationToken).ConfigureAwait(false);
    }

    private static void AddPresence(CheckList checks, RestoreRequirements archive, ClusterNode node, string image)
    {
        const string Name = "BaseImage";
        const string Remedy = "Restore-Pod pulls it there first; to do it yourself: crictl pull.";
        var isThere = node.ImageNames.Any(name =>
            name == image || archive.ImageDigests.Any(digest => name.EndsWith("@" + digest, StringComparison.Ordinal)));
        var isCriO = node.Runtime == CheckpointEngine.CriO;
        if (isThere && isCriO)
            checks.Passed(Name, Scope, $"{image} is on the node");
        else if (!isCriO)
            checks.Passed(Name, Scope, $"{image}{(isThere ? " is on the node;" : ":")} containerd pulls it again, without the pod's pull secrets");
        else if (node.ImageNames.Count < MaxListedImages)
            checks.Warning(Name, Scope, $"{image} is not on the node, and CRI-O does not pull it for a restore", Remedy);
        else
            checks.Unknown(Name, Scope, $"the kubelet does not report whether {image} is on the node; CRI-O does not pull it for a restore", Remedy);
    }

    private async Task AddTagAsync(
        CheckList checks, RestoreRequirements archive, ClusterNode node, string image, CancellationToken cancellationToken)
    {
        const string Name = "ImageTag";
        if (image.Contains('@', StringComparison.Ordinal))
        {
            checks.Passed(Name, Scope, $"{image} is referenced by digest");
            return;
        }

        if (archive.ImageDigests.Count == 0)
        {
            checks.Unknown(Name, Scope, "the archive does not record the digest of the image");
            return;
        }

        var (digest, reason) = await TagAsync(image, cancellationToken).ConfigureAwait(false);
        if (reason is not null)
        {
            checks.Unknown(Name, Scope, $"the current digest of {image} is not known: {reason}");
        }
        else if (digest is not null && archive.ImageDigests.Contains(digest))
        {
            checks.Passed(Name, Scope, $"{image} is still {digest}");
        }
        else if (AlwaysPulls(node) && await IsLostAsync(image, archive.ImageDigests, cancellationToken).ConfigureAwait(false))
        {
            checks.Failed(
                Name,
                Scope,
                $"the registry no longer has {image} with {archive.ImageDigests[0]}, "
                + $"and containerd {node.RuntimeVersion} pulls it even if the node has it",
                "Push that image again, or use a node with CRI-O that has it.");
        }
        else if (digest is null)
        {
            checks.Warning(Name, Scope, $"the registry no longer has {image}", RemedyFor(node, archive));
        }
        else
        {
            checks.Warning(Name, Scope, $"{image} is now {digest}; the container ran from {archive.ImageDigests[0]}", RemedyFor(node, archive));
        }
    }

    /// <summary>containerd up to 2.2.6 and 2.3.3 pulls the base image for every restore; newer versions use the image on the node.</summary>
    private static bool AlwaysPulls(ClusterNode node) =>
        node.Runtime == CheckpointEngine.Containerd
        && ComponentVersion.Parse(node.RuntimeVersion) is { } version
        && (version < new ComponentVersion(2, 2, 7) || (version >= new ComponentVersion(2, 3) && version < new ComponentVersion(2, 3, 4)));

    /// <summary>Whether the registry has the image under none of its digests.</summary>
    private async Task<bool> IsLostAsync(string image, IEnumerable<string> digests, CancellationToken cancellationToken)
    {
        foreach (var digest in digests)
        {
            if (await TagAsync($"{image}@{digest}", cancellationToken).ConfigureAwait(false) is not (null, null))
                return false;
        }

        return true;
    }

    private Task<(string? Digest, string? Reason)> TagAsync(string image, CancellationToken cancellationToken) =>
        _tags.GetOrAdd(image, name => new(() => AskAsync(name))).Value.WaitAsync(cancellationToken);

    private static string RemedyFor(ClusterNode node, RestoreRequirements archive) => node.Runtime == CheckpointEngine.Containerd
        ? $"containerd pulls it by its digest {archive.ImageDigests[0]}, which the registry must still have."
        : $"Pull the old image to the node by its digest {archive.ImageDigests[0]} and give it that tag. "
            + "With the new image, the restored pod stays ContainerCreating.";

    private async Task<(string? Digest, string? Reason)> AskAsync(string image)
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            return (await RestoreImageCatalog.FindDigestAsync(image, options, limit.Token).ConfigureAwait(false), null);
        }
        catch (KubeCheckpointException failure)
        {
            return (null, failure.Message);
        }
        catch (OperationCanceledException)
        {
            return (null, $"its registry did not respond within {Patience.TotalSeconds:0} s");
        }
    }
}
