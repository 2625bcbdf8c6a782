using System.Collections;
using KubeCheckpoint.Images;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Completion;

/// <summary>Completes the tags of the repository bound so far, as far as what docker and podman have stored lets them be listed.</summary>
public sealed class TagCompleter : ListCompleter
{
    private protected override string? KeyOf(IDictionary bound) => Text(bound, "Repository");

    private protected override Task<IReadOnlyList<string>> ListAsync(string key, IDictionary bound, CancellationToken cancellationToken) =>
        RestoreImageCatalog.ListTagsAsync(
            key,
            new RegistryOptions { PlainHttp = bound.Contains("PlainHttp"), SkipCertificateCheck = bound.Contains("SkipRegistryCertificateCheck") },
            cancellationToken);
}
