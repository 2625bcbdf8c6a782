namespace KubeCheckpoint.Cluster.Connections;

/// <summary>Failures to read a kubeconfig, to reach an API server, and what its refusals mean. The factory's name is the error id.</summary>
public static class ConnectionFailure
{
    /// <summary>The kubeconfig file that was asked for does not exist.</summary>
    public static KubeCheckpointException KubeConfigNotFound(string path) => new(
        nameof(KubeConfigNotFound), FailureCategory.ObjectNotFound, path,
        $"There is no kubeconfig file '{path}'.",
        "Give the path of an existing file with -KubeConfig, or set the environment variable KUBECONFIG.");

    /// <summary>The kubeconfig file exists and may not be read.</summary>
    public static KubeCheckpointException KubeConfigUnreadable(string path, Exception inner) => new(
        nameof(KubeConfigUnreadable), FailureCategory.ReadError, path,
        $"The kubeconfig file '{path}' cannot be read: {inner.Message}",
        "Check who may read the file.", inner);

    /// <summary>The kubeconfig file is no kubeconfig, or what its context names is missing or broken.</summary>
    public static KubeCheckpointException KubeConfigInvalid(string path, Exception inner) => new(
        nameof(KubeConfigInvalid), FailureCategory.InvalidData, path,
        $"The kubeconfig '{path}' cannot be used: {inner.Message}",
        "Compare with 'kubectl config view --minify': the context must name a cluster with a server and a user with credentials.", inner);

    /// <summary>The kubeconfig has no context of that name.</summary>
    public static KubeCheckpointException ContextNotFound(string context, string path, IReadOnlyCollection<string> known) => new(
        nameof(ContextNotFound), FailureCategory.ObjectNotFound, context,
        $"The kubeconfig '{path}' has no context '{context}'. It has: {List(known)}.",
        "Give one of these names with -Context.");

    /// <summary>The kubeconfig names no current context and none was asked for.</summary>
    public static KubeCheckpointException CurrentContextNotSet(string path, IReadOnlyCollection<string> known) => new(
        nameof(CurrentContextNotSet), FailureCategory.InvalidOperation, path,
        $"The kubeconfig '{path}' has no current context. It has: {List(known)}.",
        "Give a context with -Context, or set one with 'kubectl config use-context NAME'.");

    /// <summary>There is no kubeconfig anywhere and this does not run in a pod.</summary>
    public static KubeCheckpointException NoClusterConfigured() => new(
        nameof(NoClusterConfigured), FailureCategory.ObjectNotFound, null,
        "No cluster is configured: there is no kubeconfig in KUBECONFIG or ~/.kube/config, and this is not a pod with a service account.",
        "Give a kubeconfig file with -KubeConfig, or a kubelet with -KubeletUri.");

    /// <summary>The API server does not answer.</summary>
    public static KubeCheckpointException ClusterUnreachable(Uri server, Exception inner) => new(
        nameof(ClusterUnreachable), FailureCategory.ConnectionError, server,
        $"The API server {server} does not answer: {inner.InnermostMessage()}",
        "Check the server's address in the kubeconfig, the network and any VPN; try 'kubectl cluster-info'.", inner);

    /// <summary>The API server's certificate is not trusted.</summary>
    public static KubeCheckpointException ClusterCertificateInvalid(Uri server, Exception inner) => new(
        nameof(ClusterCertificateInvalid), FailureCategory.SecurityError, server,
        $"The certificate of the API server {server} is not trusted: {inner.InnermostMessage()}",
        "Check certificate-authority-data in the kubeconfig, and that the certificate is made out to this host name (tls-server-name).",
        inner);

    /// <summary>The API server does not know the caller (401).</summary>
    public static KubeCheckpointException Unauthorized(Uri server, Exception inner) => new(
        nameof(Unauthorized), FailureCategory.AuthenticationError, server,
        $"The API server {server} does not accept the credentials of the kubeconfig (401 Unauthorized).",
        "The token or client certificate is wrong or has expired: get a new one and try 'kubectl auth whoami'.", inner);

    /// <summary>The API server knows the caller, who lacks a right (403).</summary>
    public static KubeCheckpointException Forbidden(string user, string verb, string resource, string? ns, Exception inner) => new(
        nameof(Forbidden), FailureCategory.PermissionDenied, ns is null ? resource : $"{ns}/{resource}",
        $"User '{user}' may not {verb} {resource} {(ns is null ? "at the cluster scope" : $"in namespace '{ns}'")}.",
        $"Ask a cluster administrator for: {GrantCommand(user, verb, resource, ns)}", inner);

    /// <summary>The API server refuses for a reason of its own, a policy or admission webhook for example (403).</summary>
    public static KubeCheckpointException RequestRefused(string words, Exception inner) => new(
        nameof(RequestRefused), FailureCategory.PermissionDenied, null,
        $"The API server refuses the request: {words.Shorten(600)}",
        "A policy or an admission webhook of the cluster stands in the way; ask its administrator.", inner);

    /// <summary>The API server is overloaded or not ready (429, 503).</summary>
    public static KubeCheckpointException ClusterBusy(Uri server, string words, Exception inner) => new(
        nameof(ClusterBusy), FailureCategory.ResourceUnavailable, server,
        $"The API server {server} is busy or not ready: {words.Shorten(300)}",
        "Try again in a while, with a lower -ThrottleLimit.", inner);

    /// <summary>The API server answered something that the API does not have.</summary>
    public static KubeCheckpointException UnexpectedAnswer(Uri server, string words, Exception inner) => new(
        nameof(UnexpectedAnswer), FailureCategory.ProtocolError, server,
        $"{server} gave an unexpected answer: {words.Shorten(300)}",
        "Check that the address is that of a Kubernetes API server and that no proxy stands in between.", inner);

    /// <summary>A name that Kubernetes does not allow.</summary>
    public static KubeCheckpointException InvalidName(string kind, string name) => new(
        nameof(InvalidName), FailureCategory.InvalidArgument, name,
        $"'{name.Shorten(80)}' cannot be the name of a {kind}.",
        "Names consist of lower-case letters, digits and '-' (and '.' for pods and nodes), and begin and end with a letter or digit.");

    private static string GrantCommand(string user, string verb, string resource, string? ns)
    {
        const string Name = "kubecheckpoint-user";
        var (role, binding, scope) = ns is null
            ? ("clusterrole", "clusterrolebinding", "")
            : ("role", "rolebinding", $" -n {ns}");
        var subject = user.StartsWith("system:serviceaccount:", StringComparison.Ordinal)
            ? $"--serviceaccount={user["system:serviceaccount:".Length..]}"
            : $"--user={user}";
        return $"kubectl create {role} {Name} --verb={verb} --resource={resource}{scope}; " +
            $"kubectl create {binding} {Name} --{role}={Name} {subject}{scope}";
    }

    private static string List(IReadOnlyCollection<string> names) => names.Count == 0 ? "none" : string.Join(", ", names);
}
