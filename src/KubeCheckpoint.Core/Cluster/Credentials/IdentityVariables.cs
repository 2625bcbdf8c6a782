using System.Collections;

namespace KubeCheckpoint.Cluster.Credentials;

/// <summary>
/// The environment variables by which users change who they are at their cloud. In a session that outlives such a change, a credential
/// must not be kept beyond it. Other variables change with every prompt.
/// </summary>
internal static class IdentityVariables
{
    private static readonly string[] Prefixes =
        ["AWS_", "AZURE_", "AAD_", "ARM_", "CLOUDSDK_", "GOOGLE_", "OCI_", "ALIBABA_CLOUD_", "DIGITALOCEAN_", "OS_", "TELEPORT_", "VAULT_"];

    /// <summary>Their values now, in the order of their names.</summary>
    public static IReadOnlyList<string> Current() =>
    [
        .. from variable in Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
           let name = (string)variable.Key
           where Array.Exists(Prefixes, prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
           orderby name
           select $"{name}={variable.Value}",
    ];
}
