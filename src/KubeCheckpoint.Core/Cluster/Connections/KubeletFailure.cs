namespace KubeCheckpoint.Cluster.Connections;

/// <summary>Failures of a direct connection to a kubelet.</summary>
internal static class KubeletFailure
{
    /// <summary>The address of the kubelet is not https with a host and a port.</summary>
    public static KubeCheckpointException KubeletUriInvalid(Uri uri)
    {
        // A user name and password in it are not shown.
        var shown = uri.IsAbsoluteUri && uri.UserInfo.Length > 0 ? new UriBuilder(uri) { UserName = "", Password = "" }.Uri : uri;
        return new(
            nameof(KubeletUriInvalid), FailureCategory.InvalidArgument, shown,
            $"'{shown}' is not the address of a kubelet.",
            "Give https://HOST:PORT; the default port of a kubelet is 10250.");
    }

    /// <summary>The kubelet does not respond.</summary>
    public static KubeCheckpointException KubeletUnreachable(Uri kubelet, Exception inner) => new(
        nameof(KubeletUnreachable), FailureCategory.ConnectionError, kubelet,
        $"The kubelet {kubelet} does not respond: {inner.InnermostMessage()}",
        "Check the address and port (10250), that the kubelet runs, and that no firewall blocks the connection.", inner);

    /// <summary>The kubelet's serving certificate is not trusted.</summary>
    public static KubeCheckpointException KubeletCertificateInvalid(Uri kubelet, Exception inner) => new(
        nameof(KubeletCertificateInvalid), FailureCategory.SecurityError, kubelet,
        $"The serving certificate of the kubelet {kubelet} is not trusted: {inner.Message}",
        "Give Get-Pod or Invoke-ContainerCheckpoint its certificate authority with -CACertificate (often /etc/kubernetes/pki/ca.crt, " +
        "or /var/lib/kubelet/pki/kubelet.crt if it is self-signed) and an address that the certificate is valid for, " +
        "or accept any certificate with -SkipCertificateCheck.",
        inner);

    /// <summary>The kubelet rejects the credentials (401).</summary>
    public static KubeCheckpointException KubeletUnauthorized(object target, Exception inner) => new(
        nameof(KubeletUnauthorized), FailureCategory.AuthenticationError, target,
        "The kubelet rejects the credentials (401 Unauthorized).",
        "Give Get-Pod or Invoke-ContainerCheckpoint a client certificate signed by the cluster's certificate authority " +
        "(-Certificate, -Key), or a valid service account token (-Token).",
        inner);

    /// <summary>The user may not list the kubelet's pods (403).</summary>
    public static KubeCheckpointException KubeletPodsForbidden(Uri kubelet, string message, Exception inner) => new(
        nameof(KubeletPodsForbidden), FailureCategory.PermissionDenied, kubelet,
        $"The kubelet {kubelet} does not let this user list its pods: {message.Shorten(300)}",
        "Grant this user 'get' on nodes/pods (nodes/proxy for kubelets before 1.33), or pipe pods that Get-Pod got from the API server.", inner);
}
