using System.Collections.Concurrent;
using KubeCheckpoint.Archives.Requirements;
using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Preflight.Checks;
using KubeCheckpoint.Images;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Cluster.Preflight.Restores;

/// <summary>Whether the image that the container ran from is where the runtime looks for it. Each tag is asked for once.</summary>
internal sealed class ImageChecks(RegistryOptions options)
{
    private const SupportScope Scope = SupportScope.Restore;

    /// <summary>A kubelet names the 50 largest images; of fewer names than that none was left out.</summary>
    private const int NamedImages = 50;

    /// <summary>A registry that cannot be reached from here is no reason to wait: the node may reach it all the same.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, Lazy<Task<(string? Digest, string? Reason)>>> _tags = new(StringComparer.Ordinal);

    public async Task AddAsync(CheckList checks, RestoreRequirements archive, ClusterNode node, CancellationToken cancellationToken)
    {
        if (archive.Archive.Image is not { } image)
        {
            checks.Unknown("BaseImage", Scope, "the archive does not say which image the container ran from");
            return;
        }

        AddPresence(checks, archive, node, image);
        await AddTagAsync(checks, archive, node, image, cancellationToken).ConfigureAwait(false);
    }

    private static void AddPresence(CheckList checks, RestoreRequirements archive, ClusterNode node, string image)
    {
        const string Name = "BaseImage";
        var isThere = node.ImageNames.Any(name => name == image || archive.ImageDigests.Any(digest => name.EndsWith("@" + digest, StringComparison.Ordinal)));
        var isCriO = node.Runtime == CheckpointEngine.CriO;
        if (isThere && isCriO)
            checks.Passed(Name, Scope, $"{image} is on the node");
        else if (!isCriO)
            checks.Passed(Name, Scope, $"{image}{(isThere ? " is on the node;" : ":")} containerd pulls it anew, without the pod's pull secrets");
        else if (node.ImageNames.Count < NamedImages)
            checks.Warning(Name, Scope, $"{image} is not on the node, and CRI-O does not pull it for a restore", "Restore-Pod pulls it there first; by hand: crictl pull.");
        else
            checks.Unknown(Name, Scope, $"whether {image} is on the node the kubelet does not say; CRI-O does not pull it for a restore", "Restore-Pod pulls it there first; by hand: crictl pull.");
    }

    private async Task AddTagAsync(
        CheckList checks, RestoreRequirements archive, ClusterNode node, string image, CancellationToken cancellationToken)
    {
        const string Name = "ImageTag";
        if (image.Contains('@', StringComparison.Ordinal))
        {
            checks.Passed(Name, Scope, $"{image} is named by digest");
            return;
        }

        if (archive.ImageDigests.Count == 0)
        {
            checks.Unknown(Name, Scope, "the archive does not say which digest the image had");
            return;
        }

        var (digest, reason) = await TagAsync(image, cancellationToken).ConfigureAwait(false);
        if (reason is not null)
        {
            checks.Unknown(Name, Scope, $"where {image} leads now could not be found out: {reason}");
        }
        else if (digest is not null && archive.ImageDigests.Contains(digest))
        {
            checks.Passed(Name, Scope, $"{image} is still {digest}");
        }
        else if (PullsAnew(node) && await IsLostAsync(image, archive.ImageDigests, cancellationToken).ConfigureAwait(false))
        {
            checks.Failed(
                Name, Scope, $"the registry has {image} with {archive.ImageDigests[0]} no more, and containerd {node.RuntimeVersion} pulls it even where the node has it",
                "Push that image again, or use a node with CRI-O that has it.");
        }
        else if (digest is null)
        {
            checks.Warning(Name, Scope, $"the registry has no {image} any more", WhatThen(node, archive));
        }
        else
        {
            checks.Warning(Name, Scope, $"{image} leads to {digest} now; the container ran from {archive.ImageDigests[0]}", WhatThen(node, archive));
        }
    }

    /// <summary>containerd up to 2.2.6 and 2.3.3 pulls the base image for every restore; newer ones take that of the node.</summary>
    private static bool PullsAnew(ClusterNode node) =>
        node.Runtime == CheckpointEngine.Containerd
        && ComponentVersion.Parse(node.RuntimeVersion) is { } version
        && (version < new ComponentVersion(2, 2, 7) || (version >= new ComponentVersion(2, 3) && version < new ComponentVersion(2, 3, 4)));

    /// <summary>Whether the registry says that it has the image under none of its digests.</summary>
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

    private static string WhatThen(ClusterNode node, RestoreRequirements archive) => node.Runtime == CheckpointEngine.Containerd
        ? $"containerd pulls it by its digest {archive.ImageDigests[0]}, which the registry must still have."
        : $"Have the old image on the node under that name: pull it by its digest {archive.ImageDigests[0]} and tag it. With the new one the restored pod stays ContainerCreating.";

    private async Task<(string? Digest, string? Reason)> AskAsync(string image)
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            return (await ImageDigests.FindAsync(image, options, limit.Token).ConfigureAwait(false), null);
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
