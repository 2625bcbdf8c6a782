using System.Security.Cryptography.X509Certificates;

namespace KubeCheckpoint;

/// <summary>A kubelet to call directly, without the API server, and the credentials for it.</summary>
/// <remarks>A class and not a record: ToString must not show a token.</remarks>
public sealed class KubeletTarget
{
    /// <summary>The kubelet's address, such as <c>https://node1:10250</c>.</summary>
    public required Uri Uri { get; init; }

    /// <summary>The client certificate with its private key, or null.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>A bearer token, or null.</summary>
    public string? Token { get; init; }

    /// <summary>The authorities trusted to sign the kubelet's serving certificate. Null: those of the system.</summary>
    public X509Certificate2Collection? CertificateAuthorities { get; init; }

    /// <summary>True to accept any serving certificate.</summary>
    public bool SkipCertificateCheck { get; init; }

    /// <summary>The address, without secrets.</summary>
    public override string ToString() => Uri.IsAbsoluteUri ? Uri.GetComponents(UriComponents.HttpRequestUrl, UriFormat.UriEscaped) : Uri.ToString();
}
