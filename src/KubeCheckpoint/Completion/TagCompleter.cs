using KubeCheckpoint.Images;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Completion;

/// <summary>Completes the tags of the repository bound so far, if the credentials that docker and podman have stored allow to list them.</summary>
public sealed class TagCompleter : ListCompleter
{
    private protected override CompletionList? Prepare(CompletionInput input)
    {
        if (input.Text("Repository") is not { } repository)
            return null;
        var options = new RegistryOptions
        {
            PlainHttp = input.Has("PlainHttp"),
            SkipCertificateCheck = input.Has("SkipCertificateCheck") || input.Has("SkipRegistryCertificateCheck"),
        };
        return new(repository, async cancellationToken =>
        {
            var tags = await RestoreImageCatalog.ListTagsAsync(repository, options, cancellationToken);
            return [.. tags.Select(tag => new CompletionItem(tag, $"{repository}:{tag}"))];
        });
    }
}
