using System.Security.Cryptography.X509Certificates;

namespace KubeCheckpoint;

/// <summary>A kubelet to speak to without the API server, and how.</summary>
/// <remarks>A class and not a record: a token must not appear in what ToString says.</remarks>
public sealed class KubeletTarget
{
    /// <summary>The kubelet's address, such as <c>https://node1:10250</c>.</summary>
    public required Uri Uri { get; init; }

    /// <summary>The client certificate with its private key, or null.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>A bearer token, or null.</summary>
    public string? Token { get; init; }

    /// <summary>Who may have signed the kubelet's serving certificate. Null: the system's own authorities.</summary>
    public X509Certificate2Collection? CertificateAuthorities { get; init; }

    /// <summary>True to accept any serving certificate.</summary>
    public bool SkipCertificateCheck { get; init; }

    /// <summary>The address, and nothing that is secret.</summary>
    public override string ToString() => Uri.ToString();
}
