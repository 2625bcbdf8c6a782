using System.Management.Automation;
using KubeCheckpoint.Archives.Summaries;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Images.Registry;
using KubeCheckpoint.Parameters;

namespace KubeCheckpoint.Pipeline;

/// <summary>A cmdlet that connects to a cluster and pushes restore images to a registry.</summary>
public abstract class ClusterRegistryCmdlet : ClusterCmdlet, IRegistryParameters
{
    private RegistryOptions? _registry;

    /// <summary>
    /// Registry and repository for the restore images, without a tag, such as registry.local:5000/restore. The nodes must be able to pull
    /// from it.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public string? Repository { get; set; }

    /// <inheritdoc/>
    [Parameter]
    [Credential]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public PSCredential? RegistryCredential { get; set; }

    /// <inheritdoc/>
    [Parameter]
    public SwitchParameter PlainHttp { get; set; }

    /// <inheritdoc/>
    [Parameter]
    public PSObject[]? RegistryCACertificate { get; set; }

    /// <inheritdoc/>
    [Parameter]
    public SwitchParameter SkipRegistryCertificateCheck { get; set; }

    /// <summary>How to connect to the registry. Known after <see cref="Begin"/>.</summary>
    private protected RegistryOptions Registry => _registry ?? throw new InvalidOperationException("The cmdlet has not begun.");

    private protected override void Begin() => _registry = this.ToRegistryOptions(FullPath);

    /// <summary>The archives that paths stand for, to be restored on a cluster; what cannot be read is written as an error.</summary>
    private protected IEnumerable<RestoreSource> ReadArchives(string[]? paths, string[]? literalPaths, ClusterTarget cluster)
    {
        foreach (var file in this.ResolveFiles(paths, literalPaths))
        {
            if (Attempt(file, () => Wait(cancellationToken => CheckpointArchiveReader.ReadAsync(file, cancellationToken))) is { } archive)
                yield return new RestoreSource(cluster, Archive: archive);
        }
    }
}
