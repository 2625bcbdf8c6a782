using System.Text.Json.Nodes;

namespace KubeCheckpoint.Cluster.KubeConfigs;

/// <summary>A cluster of a kubeconfig.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Location">Where its entry begins.</param>
internal sealed record KubeConfigCluster(string Name, KubeConfigLocation Location)
{
    /// <summary>The address of the API server, as the kubeconfig gives it, or null.</summary>
    public string? Server { get; init; }

    /// <summary>The name that the server's certificate must be valid for. Null: the host of the address.</summary>
    public string? TlsServerName { get; init; }

    /// <summary>Whether any certificate is accepted.</summary>
    public bool SkipTlsVerify { get; init; }

    /// <summary>The PEM certificates of the authorities. Null: those of the system.</summary>
    public KubeConfigContent? CertificateAuthority { get; init; }

    /// <summary>The proxy for all requests, as the kubeconfig gives it, or null.</summary>
    public string? ProxyUrl { get; init; }

    /// <summary>Whether responses must not be compressed.</summary>
    public bool DisableCompression { get; init; }

    /// <summary>The extension named <c>client.authentication.k8s.io/exec</c>, which a credential plugin receives, or null.</summary>
    public JsonNode? ExecExtension { get; init; }
}
