namespace KubeCheckpoint.Cluster.KubeConfigs;

/// <summary>Failures to read a kubeconfig. A factory's name is the error id.</summary>
public static class KubeConfigFailure
{
    /// <summary>The kubeconfig file does not exist.</summary>
    public static KubeCheckpointException KubeConfigNotFound(string path) => new(
        nameof(KubeConfigNotFound), FailureCategory.ObjectNotFound, path,
        $"The kubeconfig file '{path}' does not exist.",
        "Give the path of an existing file with -KubeConfig, or set the environment variable KUBECONFIG.");

    /// <summary>The kubeconfig file cannot be read.</summary>
    public static KubeCheckpointException KubeConfigUnreadable(string path, Exception inner) => new(
        nameof(KubeConfigUnreadable), FailureCategory.ReadError, path,
        $"The kubeconfig file '{path}' cannot be read: {inner.Message}",
        "Check the permissions of the file.", inner);

    /// <summary>The file is not a valid kubeconfig, or its context refers to something missing or invalid.</summary>
    public static KubeCheckpointException KubeConfigInvalid(string path, string problem, Exception? inner = null) => new(
        nameof(KubeConfigInvalid), FailureCategory.InvalidData, path,
        $"The kubeconfig '{path}' cannot be used: {problem}",
        "Correct the file and check it with 'kubectl config view --minify': the context must name a cluster with a server and a user with credentials.", inner);

    /// <inheritdoc cref="KubeConfigInvalid(string, string, Exception)"/>
    internal static KubeCheckpointException KubeConfigInvalid(KubeConfigLocation location, string problem, Exception? inner = null) =>
        KubeConfigInvalid(location.File, $"line {location.Line}: {problem}", inner);

    /// <summary>The kubeconfig has no context with this name.</summary>
    public static KubeCheckpointException ContextNotFound(string context, string path, IReadOnlyCollection<string> known) => new(
        nameof(ContextNotFound), FailureCategory.ObjectNotFound, context,
        $"The kubeconfig '{path}' has no context '{context}'. Its contexts: {List(known)}.",
        "Give one of these names with -Context.");

    /// <summary>The kubeconfig has no current context, and none was given.</summary>
    public static KubeCheckpointException CurrentContextNotSet(string path, IReadOnlyCollection<string> known) => new(
        nameof(CurrentContextNotSet), FailureCategory.InvalidOperation, path,
        $"The kubeconfig '{path}' has no current context. Its contexts: {List(known)}.",
        "Give a context with -Context, or set one with 'kubectl config use-context NAME'.");

    /// <summary>There is no kubeconfig, and the process does not run in a pod.</summary>
    public static KubeCheckpointException NoClusterConfigured() => new(
        nameof(NoClusterConfigured), FailureCategory.ObjectNotFound, null,
        "No cluster is configured: there is no kubeconfig in KUBECONFIG or ~/.kube/config, and this process does not run in a pod with a service account.",
        "Give a kubeconfig file with -KubeConfig. Get-Pod and Invoke-ContainerCheckpoint also take a kubelet, with -KubeletUri.");

    /// <summary>The user of the context has an <c>auth-provider</c>, which Kubernetes removed in favour of credential plugins.</summary>
    internal static KubeCheckpointException AuthProviderNotSupported(KubeConfigLocation location, string user, string provider) => new(
        nameof(AuthProviderNotSupported), FailureCategory.InvalidData, location.File,
        $"The user '{user}' of the kubeconfig '{location.File}' (line {location.Line}) has the auth-provider '{provider}', " +
        "which kubectl no longer supports either.",
        provider switch
        {
            "gcp" => "Use the credential plugin gke-gcloud-auth-plugin: install it, then run 'gcloud container clusters get-credentials NAME'.",
            "azure" => "Use the credential plugin kubelogin: install it, then run 'kubelogin convert-kubeconfig'.",
            "oidc" => "Use a credential plugin such as kubelogin (kubectl oidc-login) in an 'exec' section of the user instead.",
            _ => "Use a credential plugin in an 'exec' section of the user instead.",
        });

    /// <summary>The user to impersonate is incomplete or invalid.</summary>
    public static KubeCheckpointException ImpersonationInvalid(string problem) => new(
        nameof(ImpersonationInvalid), FailureCategory.InvalidArgument, null,
        $"The user to impersonate is not valid: {problem}",
        "Give a user name with -As or with 'as' in the user of the kubeconfig; -AsGroup, 'as-groups', 'as-uid' and 'as-user-extra' only add to it.");

    private static string List(IReadOnlyCollection<string> names) =>
        names.Count == 0 ? "none" : string.Join(", ", names.Select(name => name.Length == 0 ? "one without a name" : name));
}
