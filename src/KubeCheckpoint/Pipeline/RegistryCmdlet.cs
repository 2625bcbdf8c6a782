using System.Management.Automation;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Images.Registry;
using KubeCheckpoint.Parameters;

namespace KubeCheckpoint.Pipeline;

/// <summary>A cmdlet that reads images from registries, and writes them there.</summary>
public abstract class RegistryCmdlet : AsyncCmdlet, IRegistryParameters
{
    private protected const string InputSet = "InputObject";
    private protected const string PathSet = "Path";
    private protected const string LiteralPathSet = "LiteralPath";

    private RegistryOptions? _registry;

    /// <inheritdoc/>
    [Parameter]
    [Alias("Credential")]
    [Credential]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public PSCredential? RegistryCredential { get; set; }

    /// <inheritdoc/>
    [Parameter]
    public SwitchParameter PlainHttp { get; set; }

    /// <inheritdoc/>
    [Parameter]
    [Alias("CACertificate")]
    public PSObject[]? RegistryCACertificate { get; set; }

    /// <inheritdoc/>
    [Parameter]
    [Alias("SkipCertificateCheck")]
    public SwitchParameter SkipRegistryCertificateCheck { get; set; }

    /// <summary>How to connect to the registry. Known after <see cref="Begin"/>.</summary>
    private protected RegistryOptions Registry => _registry ?? throw new InvalidOperationException("The cmdlet has not begun.");

    private protected override void Begin() => _registry = this.ToRegistryOptions(FullPath);
}
