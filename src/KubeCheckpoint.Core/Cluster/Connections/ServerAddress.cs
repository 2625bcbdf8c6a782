using KubeCheckpoint.Cluster.KubeConfigs;

namespace KubeCheckpoint.Cluster.Connections;

/// <summary>The address of an API server, as a kubeconfig gives it.</summary>
internal static class ServerAddress
{
    /// <summary>Reads <c>SCHEME://HOST[:PORT][/PATH]</c>, or <c>HOST:PORT</c>, which is https where the kubeconfig says how to check the certificate.</summary>
    /// <returns>The address, to which paths of the API are relative.</returns>
    /// <exception cref="KubeCheckpointException">KubeConfigInvalid.</exception>
    public static Uri Read(KubeConfigCluster cluster)
    {
        var text = cluster.Server!;
        var isSecure = cluster is { CertificateAuthority: not null } or { SkipTlsVerify: true };
        if (!text.Contains("://", StringComparison.Ordinal))
            text = $"{(isSecure ? Uri.UriSchemeHttps : Uri.UriSchemeHttp)}://{text}";
        return Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out var uri) && IsHttp(uri)
            ? new UriBuilder(uri.Scheme, uri.IdnHost, uri.Port, uri.AbsolutePath).Uri
            : throw KubeConfigFailure.KubeConfigInvalid(
                cluster.Location, $"the 'server' of the cluster '{cluster.Name}' is not an address such as https://HOST:PORT.");
    }

    private static bool IsHttp(Uri uri) => (uri.Scheme == Uri.UriSchemeHttps || uri.Scheme == Uri.UriSchemeHttp) && uri.Host.Length > 0;
}
