using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.State;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.Kubelet;

/// <summary>Pulls an image from another registry, which may require one of the pod's pull secrets.</summary>
internal sealed class KnownImagePull(ClusterState state, NodeState node, JsonObject pod, PodEvents events)
{
    public async Task<PulledImage> PullAsync(SandboxImage image, ImageName name, string reference, CancellationToken cancellationToken)
    {
        List<string> wanted = [.. pod.Items("spec", "imagePullSecrets").Select(secret => secret.Text("name"))];
        List<string> missing = [.. wanted.Where(secret => state.Store.Get("secrets", pod.Text("metadata", "namespace"), secret) is null)];
        if (missing.Count > 0)
            events.NoPullSecret(string.Join(", ", missing));
        await Task.Delay(state.Options.PodStep, cancellationToken);
        if (state.Options.MissingImages.Contains(reference))
            throw new PullFailedException(PullFailureText.Unknown(name, reference, node.Definition.Runtime));
        if (image.PullSecret is { } secret && (!wanted.Contains(secret) || missing.Contains(secret)))
            throw new PullFailedException(PullFailureText.Unauthorized(name, reference, node.Definition.Runtime));
        node.Images.Add(image, reference);
        NodeManifest.WriteImages(state, node);
        return PulledImage.Ordinary;
    }
}
