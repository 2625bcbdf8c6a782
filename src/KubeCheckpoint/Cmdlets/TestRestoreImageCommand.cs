using System.Management.Automation;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Images;
using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Tests whether restore images are intact, and which runtimes can restore them.</summary>
/// <remarks>
/// <para>Reads each image as a runtime would: manifest, annotations, configuration, and all layers. Digests and sizes are verified. Layers
/// are streamed; nothing is written to disk.</para>
/// <para>The output has a verdict for each of CRI-O, containerd and Podman, with the reasons against it, and all findings. Damage is a
/// finding, not an error. Whether a node allows a restore, and has the base image, CPU features and mounts for it, is not in the image: use
/// Test-CheckpointArchive -NodeName.</para>
/// </remarks>
/// <example>
/// <code>Test-RestoreImage registry.local:5000/restore/web:before-upgrade</code>
/// <para>Tests an image in a registry.</para>
/// </example>
/// <example>
/// <code>Get-RestoreImage registry.local:5000/restore | Test-RestoreImage | Where-Object { -not $_.CriO.CanRestore } | Select-Object Reference, CriO</code>
/// <para>Gets the images that CRI-O cannot restore, and why.</para>
/// </example>
/// <example>
/// <code>(Test-RestoreImage -Path ./web-image.tar).Findings</code>
/// <para>Shows what is wrong with the image in an OCI archive.</para>
/// </example>
/// <example>
/// <code>if (Test-RestoreImage $image.Reference -TargetRuntime Containerd -Quiet) { $image | Restore-Pod -NodeName node3 }</code>
/// <para>Restores an image only if containerd can read it.</para>
/// </example>
[Cmdlet(VerbsDiagnostic.Test, "RestoreImage", DefaultParameterSetName = ReferenceSet, HelpUri = HelpPages.Root + "Test-RestoreImage.md")]
[OnlyWith(nameof(Quiet), nameof(TargetRuntime))]
[NotWith(nameof(Path), nameof(RegistryCredential), nameof(PlainHttp), nameof(RegistryCACertificate), nameof(SkipRegistryCertificateCheck))]
[NotWith(nameof(LiteralPath), nameof(RegistryCredential), nameof(PlainHttp), nameof(RegistryCACertificate), nameof(SkipRegistryCertificateCheck))]
[OutputType(typeof(RestoreImageTest), typeof(bool))]
public sealed class TestRestoreImageCommand : ImageLayoutCmdlet
{
    private const string ReferenceSet = "Reference";

    /// <summary>Restore images: the output of New-RestoreImage, Get-RestoreImage or Publish-RestoreImage.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InputSet)]
    public RestoreImage? InputObject { get; set; }

    /// <summary>Full references, such as registry.local:5000/restore/web:before-upgrade. A reference without a tag means latest.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ReferenceSet)]
    [Alias("Image")]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public string[]? Reference { get; set; }

    /// <summary>The runtime that -Quiet tests for. Default: the runtime the image was made for.</summary>
    [Parameter]
    public CheckpointEngine? TargetRuntime { get; set; }

    /// <summary>
    /// Reads only manifest and configuration. The verdicts then say which runtimes recognise the image, not whether they can read its
    /// content.
    /// </summary>
    [Parameter]
    public SwitchParameter SkipLayer { get; set; }

    /// <summary>Writes only $true if the image is intact and the runtime can restore it, otherwise $false.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (InputObject is { } image)
            Start(image, cancellationToken => TestAsync(QueryOf(image), image, image.Reference, cancellationToken));
        foreach (var reference in Reference ?? [])
        {
            Attempt(reference, () =>
            {
                RefusePath(reference);
                Test(reference, new RestoreImageQuery { Reference = reference, Registry = Registry });
            });
        }
        foreach (var path in Layouts())
            Test(path, new RestoreImageQuery { Path = path, Registry = Registry });
    }

    private void Test(string place, RestoreImageQuery query) => Start(place, cancellationToken => TestAsync(query, null, place, cancellationToken));

    private RestoreImageQuery QueryOf(RestoreImage image) => image.IsPushed
        ? new RestoreImageQuery { Reference = image.Reference, Registry = Registry }
        : new RestoreImageQuery { Path = image.Destination, IsWanted = name => name == image.Reference, Registry = Registry };

    private async Task TestAsync(RestoreImageQuery query, RestoreImage? image, string place, CancellationToken cancellationToken)
    {
        using var progress = Output.OpenProgress();
        var names = ImageNames(image is null ? Name : null);
        var failures = new List<(string Name, KubeCheckpointException Failure)>();
        var named = image is null ? query with { IsWanted = names.IsMatch } : query;
        var count = 0;
        try
        {
            var tests = RestoreImageChecker.CheckAsync(
                named, SkipLayer, progress, (name, failure) => failures.Add((name, failure)), cancellationToken);
            await foreach (var test in tests)
            {
                count++;
                var result = image is null ? test : RestoreImageChecker.Compare(test, image);
                await Output.WriteObjectAsync(Quiet ? IsGood(result) : result);
            }
        }
        catch (KubeCheckpointException) when (Quiet)
        {
            await Output.WriteObjectAsync(false);
            return;
        }
        if (Quiet && count == 0)
        {
            await Output.WriteObjectAsync(false);
            return;
        }
        foreach (var (name, failure) in failures)
            await Output.WriteErrorAsync(failure.ToErrorRecord(name));
        if (image is not null && count + failures.Count == 0)
            await Output.WriteErrorAsync(ImageFailure.RestoreImageNotFound(image.Destination, image.Reference).ToErrorRecord(image));
        await WriteMissingAsync(names, place);
    }

    private bool IsGood(RestoreImageTest test) => test.IsWhole && (TargetRuntime ?? test.TargetRuntime) is { } runtime && test.For(runtime).CanRestore;
}
