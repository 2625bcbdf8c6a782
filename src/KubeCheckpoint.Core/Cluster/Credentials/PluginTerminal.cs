using KubeCheckpoint.Cluster.KubeConfigs;

namespace KubeCheckpoint.Cluster.Credentials;

/// <summary>The terminal at which a credential plugin talks to the user.</summary>
internal static class PluginTerminal
{
    /// <summary>
    /// Opens what shows a plugin's messages while it runs, such as the address and code of a login. They arrive at the terminal as the
    /// plugin writes them, as at kubectl's: it is a program of the user's.
    /// </summary>
    public static Stream OpenMessages(PluginInteraction interaction) =>
        interaction != PluginInteraction.Terminal || (Console.IsInputRedirected && Console.IsErrorRedirected) ? Stream.Null : Console.OpenStandardError();

    /// <summary>Whether a plugin reads from the terminal.</summary>
    /// <exception cref="KubeCheckpointException">CredentialPluginFailed: it must and there is none, it would and must not, or it is not run at all.</exception>
    public static bool IsInteractive(ExecPluginConfig plugin, PluginInteraction interaction) => (plugin.InteractiveMode, HasInput(interaction)) switch
    {
        _ when interaction == PluginInteraction.NotRun => throw CredentialFailure.CredentialPluginFailed(
            plugin, "does not run while a line with -KubeConfig is being completed."),
        ("Never", _) => false,
        (null or "IfAvailable", false) => false,
        ("Always", false) => throw CredentialFailure.CredentialPluginFailed(
            plugin, "needs a terminal (interactiveMode is Always), but there is none it can read from."),
        (null or "IfAvailable" or "Always", _) when interaction == PluginInteraction.NotAsked => throw CredentialFailure.CredentialPluginFailed(
            plugin, "may ask for a login, so it does not run during tab completion."),
        (null or "IfAvailable" or "Always", _) => true,
        var (other, _) => throw CredentialFailure.CredentialPluginFailed(
            plugin, $"has the unknown interactiveMode '{other}': it must be Never, IfAvailable or Always."),
    };

    private static bool HasInput(PluginInteraction interaction) => interaction != PluginInteraction.None && !Console.IsInputRedirected;
}
