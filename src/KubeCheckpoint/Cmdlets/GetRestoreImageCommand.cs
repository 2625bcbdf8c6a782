using System.Management.Automation;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Images;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Gets restore images from a registry, an OCI layout folder or an OCI archive.</summary>
/// <remarks>
/// <para>Reads manifests and configurations but no layers: a few KiB even for a checkpoint of 100 GiB. The output is the same as that of
/// New-RestoreImage, with the pod's manifest, so that you can pipe it to Restore-Pod, Publish-RestoreImage or Test-RestoreImage.</para>
/// <para>Restore images are recognised by the annotations of CRI-O, containerd, Podman and checkpointctl; other images are skipped. If a
/// tag refers to an image index, its restore images are returned by digest, because CRI-O and Podman cannot restore from an index.</para>
/// <para>Runtimes read the annotations of the manifest. Some tools put them only on the index, or on the image's descriptor in an index or
/// index.json: such images are found with a warning, and Publish-RestoreImage copies them with the annotations on the manifest.</para>
/// </remarks>
/// <example>
/// <code>Get-RestoreImage registry.local:5000/restore</code>
/// <para>Gets all restore images in a repository.</para>
/// </example>
/// <example>
/// <code>Get-RestoreImage registry.local:5000/restore -Tag web-* | Sort-Object CheckpointedAt | Select-Object -Last 1 | Restore-Pod</code>
/// <para>Restores a pod from its latest checkpoint.</para>
/// </example>
/// <example>
/// <code>Get-RestoreImage -Path ./images/*.tar | Where-Object PodName -EQ web-1</code>
/// <para>Gets the restore images of one pod from OCI archives.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "RestoreImage", DefaultParameterSetName = RepositorySet, HelpUri = HelpPages.Root + "Get-RestoreImage.md")]
[NotWith(nameof(Path), nameof(RegistryCredential), nameof(PlainHttp), nameof(RegistryCACertificate), nameof(SkipRegistryCertificateCheck))]
[NotWith(nameof(LiteralPath), nameof(RegistryCredential), nameof(PlainHttp), nameof(RegistryCACertificate), nameof(SkipRegistryCertificateCheck))]
[OutputType(typeof(RestoreImage))]
public sealed class GetRestoreImageCommand : ImageLayoutCmdlet
{
    private const string RepositorySet = "Repository";
    private const string ReferenceSet = "Reference";

    /// <summary>Registry and repository, such as registry.local:5000/restore. With a tag or digest: only that image.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = RepositorySet)]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public string[]? Repository { get; set; }

    /// <summary>The tags to read. Wildcards are allowed. Default: all tags of the repository.</summary>
    [Parameter(Position = 1, ParameterSetName = RepositorySet)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(TagCompleter))]
    public string[]? Tag { get; set; }

    /// <summary>Full references, such as registry.local:5000/restore/web:before-upgrade. A reference without a tag means latest.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ReferenceSet)]
    [Alias("Image")]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public string[]? Reference { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var repository in Repository ?? [])
            FindNamed(repository, new RestoreImageQuery { Repository = repository, Registry = Registry });
        foreach (var reference in Reference ?? [])
            FindNamed(reference, new RestoreImageQuery { Reference = reference, Registry = Registry });
        foreach (var path in Layouts())
            Find(path, new RestoreImageQuery { Path = path, Registry = Registry });
    }

    private void FindNamed(string name, RestoreImageQuery query) => Attempt(name, () =>
    {
        RefusePath(name);
        Find(name, query);
    });

    private void Find(string place, RestoreImageQuery query) => Start(place, cancellationToken => FindAsync(place, query, cancellationToken));

    private async Task FindAsync(string place, RestoreImageQuery query, CancellationToken cancellationToken)
    {
        var names = ImageNames(Tag ?? Name);
        var failures = new List<(string Name, KubeCheckpointException Failure)>();
        var named = query with { IsWanted = names.IsMatch };
        await foreach (var image in RestoreImageCatalog.FindAsync(named, (name, failure) => failures.Add((name, failure)), cancellationToken))
        {
            await Output.WriteObjectAsync(image);
            if (RestoreImageCatalog.WarningFor(image) is { } warning)
                await Output.WriteWarningAsync(warning);
        }
        foreach (var (name, failure) in failures)
            await Output.WriteErrorAsync(failure.ToErrorRecord(name));
        await WriteMissingAsync(names, place);
    }
}
