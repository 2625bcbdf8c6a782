using System.Management.Automation;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Images;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Copies restore images to a registry.</summary>
/// <remarks>
/// <para>Copies images from an OCI layout folder or OCI archive written by New-RestoreImage -Destination, or from another repository.
/// Within one registry, layers are mounted and nothing is sent.</para>
/// <para>Images are copied bit for bit, so the digest stays the same. Every layer is verified while it is sent. Layers the registry already
/// has are not sent again. Only annotations of the checkpoint that are on an index instead of the manifest are moved to the manifest, where
/// runtimes read them; the digest is then another.</para>
/// <para>Without -Repository and -Reference, an image is pushed to the full reference by which the layout names it.</para>
/// </remarks>
/// <example>
/// <code>Publish-RestoreImage ./images -Repository registry.local:5000/restore | Restore-Pod</code>
/// <para>Copies all restore images of a layout folder to a registry and restores their pods.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointArchive ./cp | New-RestoreImage -Destination ./images | Publish-RestoreImage -Repository registry.local:5000/restore</code>
/// <para>Keeps the images in a folder and copies them to a registry.</para>
/// </example>
/// <example>
/// <code>Get-RestoreImage registry.local:5000/staging -Tag web-* | Publish-RestoreImage -Repository registry.local:5000/restore</code>
/// <para>Copies images from one repository to another.</para>
/// </example>
[Cmdlet(VerbsData.Publish, "RestoreImage", DefaultParameterSetName = PathSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium,
    HelpUri = HelpPages.Root + "Publish-RestoreImage.md")]
[OutputType(typeof(RestoreImage))]
public sealed class PublishRestoreImageCommand : ImageLayoutCmdlet
{
    private readonly HashSet<string> _targets = [];

    /// <summary>Restore images: the output of New-RestoreImage -Destination or Get-RestoreImage.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InputSet)]
    public RestoreImage? InputObject { get; set; }

    /// <inheritdoc/>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = PathSet)]
    [SupportsWildcards]
    public override string[]? Path { get; set; }

    /// <summary>
    /// Registry and repository without a tag, such as registry.local:5000/restore. The tag is that of the image's name, or is made from
    /// pod, container and time.
    /// </summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public string? Repository { get; set; }

    /// <summary>The full reference of the image, such as registry.local:5000/restore/web:before-upgrade. For a single image.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public string? Reference { get; set; }

    /// <summary>
    /// A repository of the same registry that may hold the layers already, without the registry's name. The registry then copies the
    /// layers, and nothing is sent. Repositories used earlier in the session are tried automatically.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public string? MountFrom { get; set; }

    /// <summary>How many images are copied at the same time.</summary>
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
            ImageTarget.CheckName(name);
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
