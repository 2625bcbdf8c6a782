namespace KubeCheckpoint.Cluster.KubeConfigs;

/// <summary>The access of a pod to its cluster: the service account whose token the kubelet mounts and renews.</summary>
internal static class ServiceAccountAccess
{
    private const string MountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>The access, or null outside a pod.</summary>
    /// <param name="folder">Where the kubelet mounts the service account.</param>
    public static ClusterAccess? Find(string folder = MountFolder)
    {
        var (host, port) = (Variable("KUBERNETES_SERVICE_HOST"), Variable("KUBERNETES_SERVICE_PORT"));
        var (token, authorities, ns) = (Path.Combine(folder, "token"), Path.Combine(folder, "ca.crt"), Path.Combine(folder, "namespace"));
        if (host is null || port is null || !File.Exists(token))
            return null;
        var location = new KubeConfigLocation(token, 1);
        var cluster = new KubeConfigCluster("", location)
        {
            Server = $"https://{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port}",
            CertificateAuthority = File.Exists(authorities) ? new("ca.crt", new(authorities, 1), authorities, default) : null,
        };
        return new(cluster, new("", location) { TokenFile = token }, File.Exists(ns) ? File.ReadAllText(ns).Trim() : ClusterAccess.DefaultNamespace);
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
