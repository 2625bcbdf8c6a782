namespace KubeCheckpoint.Cluster.Connections;

/// <summary>Failures to reach an API server, and refusals that any request can meet. A factory's name is the error id.</summary>
public static class ConnectionFailure
{
    /// <summary>The API server does not respond.</summary>
    public static KubeCheckpointException ClusterUnreachable(Uri server, Exception inner) => new(
        nameof(ClusterUnreachable), FailureCategory.ConnectionError, server,
        $"The API server {server} does not respond: {inner.InnermostMessage()}",
        "Check the server's address in the kubeconfig, the network and any VPN; try 'kubectl cluster-info'.", inner);

    /// <summary>The API server's certificate is not trusted.</summary>
    public static KubeCheckpointException ClusterCertificateInvalid(Uri server, Exception inner) => new(
        nameof(ClusterCertificateInvalid), FailureCategory.SecurityError, server,
        $"The certificate of the API server {server} is not trusted: {inner.Message}",
        "Check certificate-authority-data in the kubeconfig, and that the certificate is valid for this host name (tls-server-name).",
        inner);

    /// <summary>The API server rejects the credentials (401).</summary>
    public static KubeCheckpointException Unauthorized(Uri server, Exception inner) => new(
        nameof(Unauthorized), FailureCategory.AuthenticationError, server,
        $"The API server {server} rejects the credentials of the kubeconfig (401 Unauthorized).",
        "The token or client certificate is wrong or has expired: get a new one and try 'kubectl auth whoami'.", inner);

    /// <summary>The user lacks a permission (403).</summary>
    public static KubeCheckpointException Forbidden(string user, string verb, string resource, string? ns, Exception inner) => new(
        nameof(Forbidden), FailureCategory.PermissionDenied, ns is null ? resource : $"{ns}/{resource}",
        $"User '{user}' may not {verb} {resource} {(ns is null ? "at the cluster scope" : $"in namespace '{ns}'")}.",
        $"Ask a cluster administrator for: {GrantCommand(user, verb, resource, ns)}", inner);

    /// <summary>The API server refuses the request for a reason other than RBAC, for example a policy or an admission webhook (403).</summary>
    public static KubeCheckpointException RequestRefused(string message, Exception inner) => new(
        nameof(RequestRefused), FailureCategory.PermissionDenied, null,
        $"The API server refuses the request: {message.Shorten(600)}",
        "A policy or an admission webhook of the cluster rejects it; ask the cluster's administrator.", inner);

    /// <summary>The API server is overloaded or not ready (429, 503).</summary>
    public static KubeCheckpointException ClusterBusy(Uri server, string message, Exception inner) => new(
        nameof(ClusterBusy), FailureCategory.ResourceUnavailable, server,
        $"The API server {server} is busy or not ready: {message.Shorten(300)}",
        "Try again later, with fewer objects at a time.", inner);

    /// <summary>The server sent a response that the Kubernetes API does not define.</summary>
    public static KubeCheckpointException UnexpectedAnswer(Uri server, string message, Exception inner) => new(
        nameof(UnexpectedAnswer), FailureCategory.ProtocolError, server,
        $"Unexpected response from {server}: {message.Shorten(300)}",
        "Check that the address is that of a Kubernetes API server and that no proxy intercepts the connection.", inner);

    /// <summary>The name is not a valid Kubernetes name.</summary>
    public static KubeCheckpointException InvalidName(string kind, string name) => new(
        nameof(InvalidName), FailureCategory.InvalidArgument, name,
        $"'{name.Shorten(80)}' is not a valid name for a {kind}.",
        "Names consist of lower-case letters, digits and '-' (and '.' for pods and nodes), and begin and end with a letter or digit.");

    private static string GrantCommand(string user, string verb, string resource, string? ns)
    {
        const string Name = "kubecheckpoint-user";
        var (role, binding, scope) = ns is null
            ? ("clusterrole", "clusterrolebinding", "")
            : ("role", "rolebinding", $" -n {ns}");
        return $"kubectl create {role} {Name} --verb={verb} --resource={resource}{scope}; " +
            $"kubectl create {binding} {Name} --{role}={Name} {WellKnownNames.KubectlSubject(user)}{scope}";
    }
}
