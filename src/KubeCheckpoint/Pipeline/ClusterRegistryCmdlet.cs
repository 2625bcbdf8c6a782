using System.Management.Automation;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Images.Registry;
using KubeCheckpoint.Parameters;

namespace KubeCheckpoint.Pipeline;

/// <summary>A cmdlet that speaks to a cluster and pushes restore images of its own making to a registry.</summary>
public abstract class ClusterRegistryCmdlet : ClusterCmdlet
{
    /// <summary>
    /// Registry and repository for the restore images, such as registry.local:5000/restore, without a tag. The nodes must be able to
    /// pull from it.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Repository { get; set; }

    /// <summary>User and password of the registry. Without it: what docker and podman have stored for it.</summary>
    [Parameter]
    [Credential]
    public PSCredential? RegistryCredential { get; set; }

    /// <summary>Speaks http to a registry that is not on this machine. Passwords and memory then cross the network in the clear.</summary>
    [Parameter]
    public SwitchParameter PlainHttp { get; set; }

    /// <summary>Who may have signed the registry's certificate: paths of PEM files or X509Certificate2 objects.</summary>
    [Parameter]
    public PSObject[]? RegistryCACertificate { get; set; }

    /// <summary>Accepts any certificate of the registry.</summary>
    [Parameter]
    public SwitchParameter SkipRegistryCertificateCheck { get; set; }

    /// <summary>The archives that paths stand for, to be restored on a cluster; what cannot be read is reported.</summary>
    private protected IReadOnlyList<RestoreSource> ReadArchives(string[] paths, bool isLiteral, ClusterTarget cluster)
    {
        var sources = new List<RestoreSource>();
        foreach (var file in paths.SelectMany(path => ArchivePaths.ResolveOrReport(this, path, isLiteral)))
        {
            try
            {
                sources.Add(new RestoreSource(cluster, Archive: Wait(cancellationToken => CheckpointArchiveReader.ReadAsync(file, cancellationToken))));
            }
            catch (KubeCheckpointException failure)
            {
                WriteError(failure.ToErrorRecord(file));
            }
        }

        return sources;
    }

    /// <summary>How the parameters say the registry is spoken to. Asked for on the pipeline thread.</summary>
    private protected RegistryOptions ReadRegistryOptions() =>
        RegistryParameters.ToOptions(RegistryCredential, PlainHttp, RegistryCACertificate, SkipRegistryCertificateCheck, path => FullPath(path)!);
}
