using System.Management.Automation;
using KubeCheckpoint.Archives.Summaries;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Images;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Creates images from checkpoint archives, from which a runtime restores containers.</summary>
/// <remarks>
/// <para>Pushes an image to a registry (-Repository or -Reference), or writes an OCI layout folder or an OCI archive file (-Destination).
/// The archive is the image's first layer; a plain tar is used byte for byte. The manifest has the annotations by which CRI-O, containerd
/// or Podman recognise a checkpoint. The pod's manifest is stored in the image's labels, so that Restore-Pod can recreate the pod; Needs
/// lists the mounts the pod must have.</para>
/// <para>The image is for the runtime that wrote the archive, or for the one named by -TargetRuntime. For another runtime a second layer
/// replaces a few members of the archive; it is usually a few KiB. A checkpoint that the other runtime cannot restore is refused: one with
/// a user namespace, with a named Podman volume that has content, with Podman secrets, or with a pre-checkpoint. Podman's /dev/shm and the
/// networks host and none become those of the pod. In an image for Podman, each volume of the pod becomes an empty named volume, and the
/// network is podman.</para>
/// <para>CRI-O and Podman list a folder that the container removed and created again as deleted, and a restore from their archive loses it.
/// The image then has a second layer with a corrected list: it keeps what the container has, and deletes what the container's own image
/// had in that folder, which is read from the registry of that image. Where that registry cannot be read, a warning says so, and those
/// files are restored too. Folders are never deleted one by one, so that an old one may be there, empty.</para>
/// <para>A checkpoint that lacks memory, such as an incremental one, becomes an image that no runtime can restore: a warning says so, and
/// Restore-Pod refuses it. An archive without CRIU images is an error, and so is a folder: pack an expanded archive with tar first.</para>
/// <para>Bytes are pushed while they are hashed, in chunks that resume after a broken connection. Layers the registry already has are not
/// sent again. The same archive always gives the same digests.</para>
/// <para>Credentials come from -RegistryCredential, or from where docker and podman keep them: $REGISTRY_AUTH_FILE, containers/auth.json,
/// ~/.docker/config.json and its credential helpers.</para>
/// <note>Whoever can pull the image can read the memory of the process. Restrict the repository as you restrict your Secrets.</note>
/// </remarks>
/// <example>
/// <code>Get-CheckpointArchive ./cp/*.tar | New-RestoreImage -Repository registry.local:5000/restore</code>
/// <para>Pushes an image for each archive, with a tag made from pod, container and time.</para>
/// </example>
/// <example>
/// <code>New-RestoreImage ./cp/web.tar -Reference registry.local:5000/restore/web:before-upgrade -RegistryCredential (Get-Credential)</code>
/// <para>Pushes an image under a name you choose.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointArchive ./cp | New-RestoreImage -Repository registry.example/restore -Compression Zstd</code>
/// <para>Compresses the layers, for a slow connection.</para>
/// </example>
/// <example>
/// <code>New-RestoreImage ./cp/web.tar -Destination ./web-image.tar</code>
/// <para>Writes an OCI archive that 'skopeo copy', 'ctr image import' and 'podman load' can read.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointArchive ./cp/web.tar | New-RestoreImage -Repository registry.local:5000/restore -TargetRuntime CriO</code>
/// <para>Creates an image for CRI-O, also from an archive of containerd.</para>
/// </example>
/// <example>
/// <code>New-RestoreImage ./dev.tar.zst -Repository registry.local:5000/restore -TargetRuntime Containerd -BaseImage registry.local:5000/dev:1</code>
/// <para>Brings a container from Podman to Kubernetes. Its image was built locally, so -BaseImage names it as the nodes can pull it.</para>
/// </example>
[Cmdlet(VerbsCommon.New, "RestoreImage", DefaultParameterSetName = InputSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium,
    HelpUri = HelpPages.Root + "New-RestoreImage.md")]
[NotWith(
    nameof(Destination), nameof(MountFrom), nameof(RegistryCredential), nameof(PlainHttp), nameof(RegistryCACertificate), nameof(SkipRegistryCertificateCheck))]
[OutputType(typeof(RestoreImage))]
public sealed class NewRestoreImageCommand : RegistryCmdlet, IArchiveParameters
{
    private PodManifest? _manifest;

    /// <inheritdoc/>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InputSet)]
    public CheckpointArchive? InputObject { get; set; }

    /// <inheritdoc/>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = PathSet)]
    [SupportsWildcards]
    [ArchivePathTransformation]
    public string[]? Path { get; set; }

    /// <inheritdoc/>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = LiteralPathSet)]
    [Alias("PSPath", "FullName", "LP")]
    public string[]? LiteralPath { get; set; }

    /// <summary>
    /// Registry and repository without a tag, such as registry.local:5000/restore. The tag is made from pod, container and time.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public string? Repository { get; set; }

    /// <summary>The full reference of the image, such as registry.local:5000/restore/web:before-upgrade. For a single archive.</summary>
    [Parameter]
    [Alias("Image")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public string? Reference { get; set; }

    /// <summary>An OCI layout folder to write to instead of a registry, or an OCI archive if the path ends in .tar.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Destination { get; set; }

    /// <summary>
    /// The pod's manifest to store in the image, as JSON text or as an object. Default: the manifest saved beside the archive.
    /// </summary>
    [Parameter]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public PSObject? Manifest { get; set; }

    /// <summary>The architecture of the image in OCI terms. Default: the architecture of the archive.</summary>
    [Parameter]
    [ValidateSet("amd64", "arm64", "ppc64le", "s390x", "riscv64", "loong64")]
    public string? Architecture { get; set; }

    /// <summary>The runtime that will restore the image. Default: the runtime that wrote the archive.</summary>
    [Parameter]
    public CheckpointEngine? TargetRuntime { get; set; }

    /// <summary>
    /// For another runtime: the image that the container ran, as the nodes can pull it. It is required for images named localhost, as
    /// Podman builds them. Default: the image named in the archive, with its digest if recorded.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public string? BaseImage { get; set; }

    /// <summary>
    /// The ID of the image that the container ran: 64 hexadecimal digits, the output of 'podman image inspect --format {{.Id}}'. Podman
    /// needs it, and archives of containerd before 2.3 do not record it. Default: the ID in the archive.
    /// </summary>
    [Parameter]
    [ValidatePattern("^(sha256:)?[0-9a-f]{64}$")]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public string? BaseImageId { get; set; }

    /// <summary>
    /// The OCI runtime of the machine where Podman will restore the image; Podman compares it with its own. It is the output of 'podman
    /// info --format {{.Host.OCIRuntime.Name}}'. Default: the runtime named in the archive.
    /// </summary>
    [Parameter]
    [ValidateSet("runc", "crun")]
    public string? OciRuntime { get; set; }

    /// <summary>
    /// How the layer is compressed. None keeps the archive as it is, even if it is compressed already. Gzip and Zstd are smaller to send
    /// and store, but take longer to create.
    /// </summary>
    [Parameter]
    public ArchiveCompression Compression { get; set; }

    /// <summary>
    /// A repository of the same registry that may hold the layer already, without the registry's name. The registry then copies the layer,
    /// and nothing is sent. Repositories used earlier in the session are tried automatically.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public string? MountFrom { get; set; }

    /// <summary>How many images are created at the same time.</summary>
    [Parameter]
    [ValidateRange(1, 64)]
    public int ThrottleLimit { get; set; } = 2;

    /// <inheritdoc/>
    protected override int MaximumConcurrency => ThrottleLimit;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (InputObject is not null)
            Create(InputObject.Path, InputObject);
        foreach (var file in this.ResolveFiles(Path, LiteralPath))
            Create(file, null);
    }

    private protected override void Begin()
    {
        base.Begin();
        if (Repository is null && Reference is null && Destination is null)
            throw ParameterFailure.RestoreImageTargetMissing();
        if (Repository is not null && Reference is not null)
            throw ParameterFailure.RestoreImageTargetAmbiguous();
        if ((Reference ?? Repository) is { } name)
            ImageTarget.CheckName(name);
        _manifest = Manifest is null ? null : JsonObjects.ToManifest(Manifest);
        if (BaseImage is not null)
            ImageTarget.CheckName(BaseImage);
    }

    private void Create(string file, CheckpointArchive? archive)
    {
        var target = Destination is null ? Reference ?? Repository! : FullPath(Destination);
        if (ShouldProcess($"archive '{file}' as an image to '{target}'", Destination is null ? "Push" : "Write"))
            Start(archive ?? (object)file, cancellationToken => CreateAsync(file, archive, cancellationToken));
    }

    private async Task CreateAsync(string file, CheckpointArchive? archive, CancellationToken cancellationToken)
    {
        using var progress = Output.OpenProgress();
        var warnings = new List<string>();
        var request = new RestoreImageRequest
        {
            Archive = archive ?? await CheckpointArchiveReader.ReadAsync(file, cancellationToken),
            TargetRuntime = TargetRuntime,
            BaseImage = BaseImage,
            BaseImageId = BaseImageId,
            OciRuntime = OciRuntime,
            Reference = Reference,
            Repository = Repository,
            Destination = Destination is null ? null : FullPath(Destination),
            PodManifest = _manifest,
            Architecture = Architecture,
            Compression = Compression,
            MountFrom = MountFrom,
            Registry = Registry,
            OnMissingMemory = obstacle => warnings.Add($"{obstacle.Message} No runtime can restore the image. {obstacle.RecommendedAction}"),
            OnWarning = warnings.Add,
        };
        var image = await RestoreImageFactory.CreateAsync(request, progress, cancellationToken);
        await Output.WriteWarningsAsync(warnings);
        await Output.WriteObjectAsync(image);
    }
}
