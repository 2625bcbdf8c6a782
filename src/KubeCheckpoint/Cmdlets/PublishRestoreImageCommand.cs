using System.Management.Automation;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Images;
using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Publishes restore images of an OCI layout folder or oci-archive to a registry.</summary>
/// <remarks>
/// <para>The way from a machine without a registry to one with: New-RestoreImage -Destination writes a folder or file, which is carried
/// over, and this cmdlet sends it on. Images that are in a registry already are copied from there; within one registry their layers are
/// mounted and nothing is sent.</para>
/// <para>The image stays as it is, bit for bit, its digest included. Every layer is held against its digest while it is sent; what the
/// registry has already is not sent again.</para>
/// <para>Without -Repository and -Reference an image goes to the full reference that it is named by in the layout.</para>
/// </remarks>
/// <example>
/// <code>Publish-RestoreImage ./images -Repository registry.local:5000/restore | Restore-Pod</code>
/// <para>Publishes all restore images of a layout folder and restores them.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointArchive ./cp | New-RestoreImage -Destination ./images | Publish-RestoreImage -Repository registry.local:5000/restore</code>
/// <para>Keeps images in a folder and publishes them.</para>
/// </example>
/// <example>
/// <code>Get-RestoreImage registry.local:5000/staging -Tag web-* | Publish-RestoreImage -Repository registry.local:5000/restore</code>
/// <para>Copies images from one repository to another.</para>
/// </example>
[Cmdlet(VerbsData.Publish, "RestoreImage", DefaultParameterSetName = PathSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(RestoreImage))]
public sealed class PublishRestoreImageCommand : ImageLayoutCmdlet
{
    private readonly HashSet<string> _targets = [];

    /// <summary>Images from New-RestoreImage -Destination or Get-RestoreImage.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InputSet)]
    public RestoreImage? InputObject { get; set; }

    /// <inheritdoc/>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = PathSet)]
    [SupportsWildcards]
    public override string[]? Path { get; set; }

    /// <summary>
    /// Registry and repository without a tag, such as registry.local:5000/restore. The tag is that of the image's name, or made from pod,
    /// container and time.
    /// </summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public string? Repository { get; set; }

    /// <summary>The full reference, such as registry.local:5000/restore/web:before-upgrade. For one image.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public string? Reference { get; set; }

    /// <summary>
    /// A repository of the same registry, without the registry's name, that may have the layers already: the registry then takes them
    /// from there and nothing is sent. Repositories this session has pushed to or looked at are tried without being named.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public string? MountFrom { get; set; }

    /// <summary>How many images are published at once.</summary>
    [Parameter]
    [ValidateRange(1, 64)]
    public int ThrottleLimit { get; set; } = 2;

    /// <inheritdoc/>
    protected override int MaximumConcurrency => ThrottleLimit;

    private protected override void Begin()
    {
        if (Repository is not null && Reference is not null)
            throw ParameterFailure.RestoreImageTargetAmbiguous();
        if ((Reference ?? Repository) is { } name)
            _ = ImageReference.Parse(name);
        base.Begin();
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (InputObject is { } given)
            Attempt(given, () => Publish(given));
        foreach (var path in Layouts())
        {
            foreach (var image in Attempt(path, () => Wait(cancellationToken => ListAsync(path, ImageNames(Name), cancellationToken))) ?? [])
                Attempt(image, () => Publish(image));
        }
    }

    private async Task<List<RestoreImage>> ListAsync(string path, WildcardNames names, CancellationToken cancellationToken)
    {
        var images = new List<RestoreImage>();
        var failures = new List<KubeCheckpointException>();
        var query = new RestoreImageQuery { Path = path, IsWanted = names.IsMatch, Registry = Registry };
        await foreach (var image in RestoreImageCatalog.FindAsync(query, (_, failure) => failures.Add(failure), cancellationToken))
            images.Add(image);
        foreach (var failure in failures)
            await Output.WriteErrorAsync(failure.ToErrorRecord(path));
        await WriteMissingAsync(names, path);
        return images;
    }

    private void Publish(RestoreImage image)
    {
        var publication = new RestoreImagePublication { Reference = Reference, Repository = Repository, MountFrom = MountFrom, Registry = Registry };
        var target = RestoreImagePublisher.TargetOf(image, publication);
        if (!_targets.Add(target))
            throw ParameterFailure.RestoreImageTargetShared(image.Reference, target);
        if (ShouldProcess($"image '{image.Reference}' of '{image.Destination}' to '{target}'", "Publish"))
            Start(image, cancellationToken => PublishAsync(image, publication, cancellationToken));
    }

    private async Task PublishAsync(RestoreImage image, RestoreImagePublication publication, CancellationToken cancellationToken)
    {
        using var progress = Output.OpenProgress();
        await Output.WriteObjectAsync(await RestoreImagePublisher.PublishAsync(image, publication, progress, cancellationToken));
    }
}
