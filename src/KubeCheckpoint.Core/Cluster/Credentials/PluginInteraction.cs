namespace KubeCheckpoint.Cluster.Credentials;

/// <summary>How a credential plugin may deal with the user.</summary>
public enum PluginInteraction
{
    /// <summary>At the terminal, if there is one and the kubeconfig allows it.</summary>
    Terminal,

    /// <summary>Not at all: something else reads from the terminal, the prompt for example while a job runs.</summary>
    None,

    /// <summary>Not at all, and a plugin that would at the terminal is not run: the user has asked for nothing, a word is being completed.</summary>
    NotAsked,

    /// <summary>Plugins are not run: the kubeconfig is part of a line that is being typed.</summary>
    NotRun,
}
