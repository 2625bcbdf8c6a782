namespace KubeCheckpoint.Cluster.KubeConfigs;

/// <summary>The <c>exec</c> of a user: the credential plugin that provides the user's token or client certificate.</summary>
/// <param name="Folder">The folder of the kubeconfig, which a command with a path separator is relative to.</param>
/// <param name="Command">The program, as the kubeconfig gives it.</param>
/// <param name="ApiVersion">The version of <c>ExecCredential</c> that the plugin speaks.</param>
internal sealed record ExecPluginConfig(string Folder, string Command, string ApiVersion)
{
    public IReadOnlyList<string> Arguments { get; init; } = [];

    public IReadOnlyList<ExecVariable> Variables { get; init; } = [];

    /// <summary>How to install the plugin, for the user who does not have it.</summary>
    public string? InstallHint { get; init; }

    /// <summary>Whether the plugin is told about the cluster.</summary>
    public bool ProvideClusterInfo { get; init; }

    /// <summary><c>Never</c>, <c>IfAvailable</c> or <c>Always</c>, as the kubeconfig gives it.</summary>
    public string? InteractiveMode { get; init; }
}

/// <summary>An environment variable of a credential plugin.</summary>
internal sealed record ExecVariable(string Name, string Value);
