using KubeCheckpoint.Cluster.KubeConfigs;

namespace KubeCheckpoint.Cluster.Credentials;

/// <summary>The terminal at which a credential plugin talks to the user.</summary>
internal static class PluginTerminal
{
    /// <summary>
    /// Opens what shows a plugin's messages while it runs, such as the address and code of a login. They arrive at the terminal as the
    /// plugin writes them, as at kubectl's: it is a program of the user's.
    /// </summary>
    public static Stream OpenMessages() =>
        Console.IsInputRedirected && Console.IsErrorRedirected ? Stream.Null : Console.OpenStandardError();

    /// <summary>Whether a plugin reads from the terminal.</summary>
    /// <exception cref="KubeCheckpointException">CredentialPluginFailed: it must, and there is none.</exception>
    public static bool IsInteractive(ExecPluginConfig plugin) => plugin.InteractiveMode switch
    {
        "Never" => false,
        null or "IfAvailable" => !Console.IsInputRedirected,
        "Always" when Console.IsInputRedirected => throw CredentialFailure.CredentialPluginFailed(
            plugin, "needs a terminal (interactiveMode is Always), and standard input is not one."),
        "Always" => true,
        var other => throw CredentialFailure.CredentialPluginFailed(
            plugin, $"has the unknown interactiveMode '{other}': Never, IfAvailable and Always are known."),
    };
}
