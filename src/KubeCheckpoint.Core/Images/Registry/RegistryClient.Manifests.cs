using System.Net;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Registry;

/// <content>Asks for manifests (OCI distribution spec 1.1, "Pull").</content>
internal sealed partial class RegistryClient
{
    private static readonly string[] ManifestTypes =
    [
        OciMediaTypes.Index, OciMediaTypes.Manifest, "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    ];

    /// <summary>The digest of what a tag or digest of the repository leads to now, or null where there is no such.</summary>
    /// <exception cref="KubeCheckpointException">RegistryUnauthorized, RegistryForbidden, RegistryUnreachable, RegistryRefused and the like.</exception>
    public async Task<string?> FindDigestAsync(string reference, CancellationToken cancellationToken)
    {
        var request = new RegistryRequest(HttpMethod.Head, At($"manifests/{reference}")) { Accept = ManifestTypes };
        var answer = await RunAsync(() => SendAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
        return answer.Status switch
        {
            HttpStatusCode.OK => answer.ContentDigest,
            HttpStatusCode.NotFound => null,
            HttpStatusCode.Unauthorized => throw ImageFailure.RegistryUnauthorized(_image.Registry, _authorizer.CredentialSource, answer.Words),
            HttpStatusCode.Forbidden => throw ImageFailure.RegistryForbidden(_image.Registry, _image.Repository, answer.Words),
            _ => throw ImageFailure.RegistryRefused(_image.Registry, "show a manifest", answer.Status, answer.Words),
        };
    }
}
