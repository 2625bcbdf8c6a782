namespace KubeCheckpoint.Cluster.KubeConfigs;

/// <summary>Failures to read a kubeconfig. A factory's name is the error id.</summary>
internal static class KubeConfigFailure
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
        "Compare with 'kubectl config view --minify': the context must name a cluster with a server and a user with credentials.", inner);

    /// <inheritdoc cref="KubeConfigInvalid(string, string, Exception)"/>
    public static KubeCheckpointException KubeConfigInvalid(KubeConfigLocation location, string problem, Exception? inner = null) =>
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

    private static string List(IReadOnlyCollection<string> names) =>
        names.Count == 0 ? "none" : string.Join(", ", names.Select(name => name.Length == 0 ? "one without a name" : name));
}
