using System.Management.Automation;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Parameters;

/// <summary>How to connect to a registry: the same parameters on every cmdlet that does.</summary>
internal interface IRegistryParameters
{
    /// <summary>User and password for the registry. Default: the credentials that docker and podman have stored for it.</summary>
    public PSCredential? RegistryCredential { get; }

    /// <summary>
    /// Uses HTTP instead of HTTPS for a registry that is not on this machine. Passwords and memory then cross the network unencrypted.
    /// </summary>
    public SwitchParameter PlainHttp { get; }

    /// <summary>
    /// The certificate authorities that may have signed the registry's certificate: paths of PEM files or X509Certificate2 objects.
    /// Default: the authorities that the system trusts.
    /// </summary>
    public PSObject[]? RegistryCACertificate { get; }

    /// <summary>Accepts any certificate from the registry.</summary>
    public SwitchParameter SkipRegistryCertificateCheck { get; }
}

/// <summary>The parameters for a registry, as the engine takes them.</summary>
internal static class RegistryParameters
{
    /// <summary>The registry options that the parameters ask for.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="resolvePath">Makes a PowerShell path a path of the file system.</param>
    /// <exception cref="KubeCheckpointException">CertificateNotReadable.</exception>
    public static RegistryOptions ToRegistryOptions(this IRegistryParameters parameters, Func<string, string> resolvePath) => new()
    {
        Credential = parameters.RegistryCredential?.GetNetworkCredential(),
        PlainHttp = parameters.PlainHttp,
        CertificateAuthorities = parameters.RegistryCACertificate is { } authorities ? CertificateFiles.ReadAuthorities(authorities, resolvePath) : null,
        SkipCertificateCheck = parameters.SkipRegistryCertificateCheck,
    };
}
