using System.Text.Json.Nodes;

namespace KubeCheckpoint.Cluster.KubeConfigs;

/// <summary>What a credential plugin is told about the cluster where <c>provideClusterInfo</c> is set.</summary>
/// <param name="Server">The cluster's <c>server</c>.</param>
internal sealed record ExecClusterInfo(string Server)
{
    public string? TlsServerName { get; init; }

    public bool InsecureSkipTlsVerify { get; init; }

    /// <summary>The PEM of <c>certificate-authority-data</c>, or the content of the <c>certificate-authority</c> file.</summary>
    public ReadOnlyMemory<byte> CertificateAuthorityData { get; init; }

    public string? ProxyUrl { get; init; }

    public bool DisableCompression { get; init; }

    /// <summary>The cluster's extension named <c>client.authentication.k8s.io/exec</c>, as JSON.</summary>
    public JsonNode? Config { get; init; }
}
