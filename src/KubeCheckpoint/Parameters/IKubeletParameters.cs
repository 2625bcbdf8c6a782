using System.Management.Automation;
using System.Net;
using System.Security;

namespace KubeCheckpoint.Parameters;

/// <summary>How to connect to a kubelet without the API server, as one does on a control-plane node.</summary>
internal interface IKubeletParameters
{
    /// <summary>
    /// The kubelet to ask directly, without the API server, such as https://node1:10250. It needs the right 'create' on nodes/checkpoint
    /// and a certificate or token.
    /// </summary>
    public Uri? KubeletUri { get; }

    /// <summary>The client certificate for the kubelet: the path of a PEM file, or an X509Certificate2 with its private key.</summary>
    public PSObject? Certificate { get; }

    /// <summary>The path of the PEM file with the private key of -Certificate. Default: the file of -Certificate.</summary>
    public string? Key { get; }

    /// <summary>
    /// The certificate authorities that may have signed the kubelet's serving certificate: paths of PEM files or X509Certificate2 objects.
    /// Default: the authorities that the system trusts.
    /// </summary>
    public PSObject[]? CACertificate { get; }

    /// <summary>A bearer token for the kubelet, such as that of a service account.</summary>
    public SecureString? Token { get; }

    /// <summary>Accepts any serving certificate of the kubelet. Anyone between you and the kubelet can then read the token.</summary>
    public SwitchParameter SkipCertificateCheck { get; }
}

/// <summary>The parameters for a kubelet, as the engine takes them.</summary>
internal static class KubeletParameters
{
    /// <summary>The kubelet that the parameters name, or null.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="resolvePath">Makes a PowerShell path a path of the file system.</param>
    /// <exception cref="KubeCheckpointException">CertificateNotReadable.</exception>
    public static KubeletTarget? ToKubeletTarget(this IKubeletParameters parameters, Func<string, string> resolvePath)
    {
        if (parameters.KubeletUri is not { } uri)
            return null;
        return new()
        {
            Uri = uri,
            ClientCertificate = parameters.Certificate is { } certificate
                ? CertificateFiles.ReadClientCertificate(certificate, parameters.Key, resolvePath)
                : null,
            Token = parameters.Token is { } token ? new NetworkCredential(string.Empty, token).Password : null,
            CertificateAuthorities = parameters.CACertificate is { } authorities
                ? CertificateFiles.ReadAuthorities(authorities, resolvePath)
                : null,
            SkipCertificateCheck = parameters.SkipCertificateCheck,
        };
    }
}
