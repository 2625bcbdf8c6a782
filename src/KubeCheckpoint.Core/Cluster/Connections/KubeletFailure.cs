namespace KubeCheckpoint.Cluster.Connections;

/// <summary>Failures of a direct connection to a kubelet.</summary>
public static class KubeletFailure
{
    /// <summary>A kubelet's address must be https, a host and a port.</summary>
    public static KubeCheckpointException KubeletUriInvalid(Uri uri) => new(
        nameof(KubeletUriInvalid), FailureCategory.InvalidArgument, uri,
        $"'{uri}' is not the address of a kubelet.",
        "Give https://HOST:PORT; a kubelet's port is 10250 unless it was changed.");

    /// <summary>The kubelet does not answer.</summary>
    public static KubeCheckpointException KubeletUnreachable(Uri kubelet, Exception inner) => new(
        nameof(KubeletUnreachable), FailureCategory.ConnectionError, kubelet,
        $"The kubelet {kubelet} does not answer: {inner.InnermostMessage()}",
        "Check the address and port (10250), that the kubelet runs, and that no firewall stands between.", inner);

    /// <summary>The kubelet's serving certificate is not trusted.</summary>
    public static KubeCheckpointException KubeletCertificateInvalid(Uri kubelet, Exception inner) => new(
        nameof(KubeletCertificateInvalid), FailureCategory.SecurityError, kubelet,
        $"The serving certificate of the kubelet {kubelet} is not trusted: {inner.InnermostMessage()}",
        "Give its authority with -CACertificate (often /etc/kubernetes/pki/ca.crt, or /var/lib/kubelet/pki/kubelet.crt where it is " +
        "self-signed) and an address that the certificate names, or accept any with -SkipCertificateCheck.", inner);

    /// <summary>The kubelet does not know the caller (401).</summary>
    public static KubeCheckpointException KubeletUnauthorized(object target, Exception inner) => new(
        nameof(KubeletUnauthorized), FailureCategory.AuthenticationError, target,
        "The kubelet does not accept the credentials (401 Unauthorized).",
        "Give a client certificate that the cluster's own authority has signed (-Certificate, -Key), or a valid service account token.",
        inner);

    /// <summary>The kubelet knows the caller, who may not list its pods (403).</summary>
    public static KubeCheckpointException KubeletPodsForbidden(Uri kubelet, string words, Exception inner) => new(
        nameof(KubeletPodsForbidden), FailureCategory.PermissionDenied, kubelet,
        $"The kubelet {kubelet} does not let this caller list its pods: {words.Shorten(300)}",
        "Grant 'get' on nodes/pods (or nodes/proxy on kubelets before 1.33) to the user named, or pass pods from the API server.", inner);
}
