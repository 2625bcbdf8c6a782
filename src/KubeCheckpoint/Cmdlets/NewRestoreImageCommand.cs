using System.Management.Automation;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Images;
using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Makes images that a runtime restores containers from, out of checkpoint archives.</summary>
/// <remarks>
/// <para>Pushes straight to a registry (-Repository or -Reference), or writes an OCI layout folder or an oci-archive file
/// (-Destination). The archive itself is the image's first layer, byte for byte where it is a plain tar, under one plain manifest with
/// the annotations by which CRI-O, containerd or Podman recognise it. The pod's manifest travels in the image's labels, so that
/// Restore-Pod can make the pod again, and with it the mounts that the pod must have (Needs).</para>
/// <para>The image is for the runtime that wrote the archive, or for the one that -TargetRuntime names. For another runtime a second layer
/// of some KiB puts a few members over the archive's; it is larger where deleted files have to be said in another way. What one runtime
/// keeps and the other cannot put back is refused: a user namespace, a named volume of Podman's with content, its secrets, pre-checkpoints.
/// What Podman had in /dev/shm, and its --network host or none, are carried over: the container comes back in the network of its pod, with
/// a /dev/shm of its own. Podman gets an empty named volume for each volume of a pod, and the network podman.</para>
/// <para>The bytes go up while they are hashed, in chunks that are taken up again where a connection broke. What the registry has already is
/// not sent again.</para>
/// <para>The same archive always gives the same digests. Credentials are found where docker and podman keep them: -RegistryCredential,
/// $REGISTRY_AUTH_FILE, containers/auth.json, ~/.docker/config.json and its credential helpers.</para>
/// <para>Whoever may pull the image may read the memory of the process. Keep it in a repository that is as closed as your Secrets.</para>
/// </remarks>
/// <example>
/// <code>Get-CheckpointArchive ./cp/*.tar | New-RestoreImage -Repository registry.local:5000/restore</code>
/// <para>Pushes an image for each archive; the tag says which pod, container and moment it is of.</para>
/// </example>
/// <example>
/// <code>New-RestoreImage ./cp/web.tar -Reference registry.local:5000/restore/web:before-upgrade -RegistryCredential (Get-Credential)</code>
/// <para>Pushes under a name of your own.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointArchive ./cp | New-RestoreImage -Repository registry.example/restore -Compression Zstd</code>
/// <para>Compresses what goes over a slow line.</para>
/// </example>
/// <example>
/// <code>New-RestoreImage ./cp/web.tar -Destination ./web-image.tar</code>
/// <para>Writes an oci-archive that 'skopeo copy', 'ctr image import' and 'podman load' read.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointArchive ./cp/web.tar | New-RestoreImage -Repository registry.local:5000/restore -TargetRuntime CriO</code>
/// <para>Makes an image that CRI-O restores, also of an archive of containerd.</para>
/// </example>
/// <example>
/// <code>New-RestoreImage ./dev.tar.zst -Repository registry.local:5000/restore -TargetRuntime Containerd -BaseImage registry.local:5000/dev:1</code>
/// <para>Brings a container from Podman to Kubernetes. Its image was built locally, and is named as the nodes can pull it.</para>
/// </example>
[Cmdlet(VerbsCommon.New, "RestoreImage", DefaultParameterSetName = InputSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
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
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = PathSet)]
    [SupportsWildcards]
    public string[]? Path { get; set; }

    /// <inheritdoc/>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = LiteralPathSet)]
    [Alias("PSPath", "FullName", "LP")]
    public string[]? LiteralPath { get; set; }

    /// <summary>Registry and repository without a tag, such as registry.local:5000/restore; the tag is made from pod, container and time.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public string? Repository { get; set; }

    /// <summary>The full reference, such as registry.local:5000/restore/web:before-upgrade. For one archive.</summary>
    [Parameter]
    [Alias("Image")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public string? Reference { get; set; }

    /// <summary>Instead of a registry: an OCI layout folder, or an oci-archive where the path ends in .tar.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Destination { get; set; }

    /// <summary>
    /// The pod's manifest to put into the image, as JSON text or as an object. Without it: the one saved beside the archive.
    /// </summary>
    [Parameter]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public PSObject? Manifest { get; set; }

    /// <summary>The architecture in OCI's words, such as amd64 or arm64. Without it: what the archive says.</summary>
    [Parameter]
    [ValidateSet("amd64", "arm64", "ppc64le", "s390x", "riscv64", "loong64")]
    public string? Architecture { get; set; }

    /// <summary>The runtime that is to restore the image. Without it: the one that wrote the archive.</summary>
    [Parameter]
    public CheckpointEngine? TargetRuntime { get; set; }

    /// <summary>
    /// The image that the container ran, as the nodes can pull it, for another runtime than the one that wrote the archive. Without it: what
    /// the archive says, with its digest where it says that too. An image of localhost, as Podman builds them, has to be given.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public string? BaseImage { get; set; }

    /// <summary>
    /// The ID of the image that the container ran: 64 hexadecimal digits, what 'podman image inspect --format {{.Id}}' says. Podman wants it,
    /// and archives of containerd before 2.3 do not hold it.
    /// </summary>
    [Parameter]
    [ValidatePattern("^(sha256:)?[0-9a-f]{64}$")]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public string? BaseImageId { get; set; }

    /// <summary>
    /// The OCI runtime of the machine where Podman is to restore the image, which Podman compares with its own: what
    /// 'podman info --format {{.Host.OCIRuntime.Name}}' says. Without it: that of the archive.
    /// </summary>
    [Parameter]
    [ValidateSet("runc", "crun")]
    public string? OciRuntime { get; set; }

    /// <summary>
    /// How the layer is compressed. None: the archive goes as it is, also Podman's, which are compressed already. Gzip, Zstd: smaller
    /// to send and to keep, slower to make; an archive that is compressed in the other way is converted.
    /// </summary>
    [Parameter]
    public ArchiveCompression Compression { get; set; }

    /// <summary>
    /// A repository of the same registry, without the registry's name, that may have the layer already: the registry then takes it from
    /// there and nothing is sent. Repositories this session has pushed to or looked at are tried without being named.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public string? MountFrom { get; set; }

    /// <summary>How many images are made at once.</summary>
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
            _ = ImageReference.Parse(name);
        _manifest = Manifest is null ? null : JsonObjects.ToManifest(Manifest);
        if (BaseImage is not null)
            _ = ImageReference.Parse(BaseImage);
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
        };
        await Output.WriteObjectAsync(await RestoreImageFactory.CreateAsync(request, progress, cancellationToken));
    }
}
