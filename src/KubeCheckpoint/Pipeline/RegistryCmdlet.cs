using System.Management.Automation;
using KubeCheckpoint.Images.Registry;
using KubeCheckpoint.Parameters;

namespace KubeCheckpoint.Pipeline;

/// <summary>A cmdlet that speaks to registries, and to files.</summary>
public abstract class RegistryCmdlet : ArchiveCmdlet
{
    private RegistryOptions? _registry;

    /// <summary>User and password of the registry. Without it: what docker and podman have stored for it.</summary>
    [Parameter]
    [Alias("RegistryCredential")]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <summary>Speaks http to a registry that is not on this machine. Passwords and memory then cross the network in the clear.</summary>
    [Parameter]
    public SwitchParameter PlainHttp { get; set; }

    /// <summary>Who may have signed the registry's certificate: paths of PEM files or X509Certificate2 objects.</summary>
    [Parameter]
    [Alias("RegistryCACertificate")]
    public PSObject[]? CACertificate { get; set; }

    /// <summary>Accepts any certificate.</summary>
    [Parameter]
    [Alias("SkipRegistryCertificateCheck")]
    public SwitchParameter SkipCertificateCheck { get; set; }

    /// <summary>How the parameters say the registry is spoken to. Known after <see cref="BeginProcessing"/>.</summary>
    private protected RegistryOptions Registry => _registry ?? throw new InvalidOperationException("The cmdlet has not begun.");

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        try
        {
            CheckParameters();
            _registry = RegistryParameters.ToOptions(Credential, PlainHttp, CACertificate, SkipCertificateCheck, FullPath);
        }
        catch (KubeCheckpointException failure)
        {
            ThrowTerminatingError(failure.ToErrorRecord(null));
        }
    }

    /// <summary>Throws for parameters with which no object of the pipeline can succeed.</summary>
    private protected virtual void CheckParameters()
    {
    }

    private protected string FullPath(string path) => SessionState.Path.GetUnresolvedProviderPathFromPSPath(path);
}
