using KubeCheckpoint.Cluster.KubeConfigs;

namespace KubeCheckpoint.Cluster.Credentials;

/// <summary>Failures to get the token or client certificate of a user. A factory's name is the error id.</summary>
internal static class CredentialFailure
{
    /// <summary>The file that the kubeconfig names for the token (tokenFile) is missing, empty or unreadable.</summary>
    public static KubeCheckpointException TokenFileInvalid(string path, string problem, Exception? inner = null) => new(
        nameof(TokenFileInvalid), FailureCategory.AuthenticationError, path,
        $"The token file '{path}' {problem}",
        "Check 'tokenFile' of the user in the kubeconfig, and what writes the file; it must hold a bearer token and nothing else.", inner);

    /// <summary>The credential plugin that the kubeconfig names (exec) is not installed.</summary>
    public static KubeCheckpointException CredentialPluginNotFound(ExecPluginConfig plugin, string problem) => new(
        nameof(CredentialPluginNotFound), FailureCategory.AuthenticationError, plugin.Command,
        $"The credential plugin '{plugin.Command}' of the kubeconfig {problem}",
        plugin.InstallHint?.Trim() ?? "Install the plugin, or correct 'command' in the user's 'exec' in the kubeconfig.");

    /// <summary>The credential plugin that the kubeconfig names (exec) provides no credential: it fails, or its output is not valid.</summary>
    public static KubeCheckpointException CredentialPluginFailed(ExecPluginConfig plugin, string problem, Exception? inner = null) => new(
        nameof(CredentialPluginFailed), FailureCategory.AuthenticationError, plugin.Command,
        $"The credential plugin '{plugin.Command}' of the kubeconfig {problem}",
        "Log in again with the tool that the plugin belongs to, and try 'kubectl auth whoami'." +
        (plugin.InstallHint is { } hint ? $" The installation hint of the kubeconfig: {hint.Trim()}" : ""),
        inner);
}
