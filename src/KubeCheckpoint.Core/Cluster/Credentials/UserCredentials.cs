using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.KubeConfigs;
using KubeCheckpoint.Http;

namespace KubeCheckpoint.Cluster.Credentials;

/// <summary>
/// Chooses the credential of a kubeconfig's user as kubectl does: a token file before a token, and a plugin only where there is neither a
/// token nor a password nor a client certificate.
/// </summary>
internal static class UserCredentials
{
    private static readonly string[] PluginVersions = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];

    /// <summary>Creates the credential. Runs no plugin yet.</summary>
    /// <param name="user">The user.</param>
    /// <param name="cluster">The cluster that a plugin is told about.</param>
    /// <param name="interaction">How a plugin may deal with the user.</param>
    /// <exception cref="KubeCheckpointException">KubeConfigInvalid.</exception>
    public static ICredential Create(KubeConfigUser user, KubeConfigCluster cluster, PluginInteraction interaction)
    {
        var certificate = ReadCertificate(user);
        if (user.TokenFile is not null)
            return new TokenFileCredential(user.TokenFile, certificate);
        var authorization = Authorization(user);
        return user.Exec is { } plugin && authorization is null && certificate is null
            ? CreatePlugin(user, plugin, cluster, interaction)
            : new StaticCredential(new(authorization, certificate));
    }

    private static AuthenticationHeaderValue? Authorization(KubeConfigUser user)
    {
        if (user.Token is { } token)
        {
            return HeaderText.FindProblem(token) is { } problem
                ? throw Invalid(user, $"has a token with characters that a token cannot have: {problem}.")
                : RequestCredential.Bearer(token);
        }

        return user.UserName is null && user.Password is null
            ? null
            : new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user.UserName}:{user.Password}")));
    }

    private static ClientCertificate? ReadCertificate(KubeConfigUser user)
    {
        if (user.ClientCertificate is not { } certificate || user.ClientKey is not { } key)
            return null;
        try
        {
            return ClientCertificate.FromPem(Encoding.UTF8.GetString(certificate.Read().Span), Encoding.UTF8.GetString(key.Read().Span));
        }
        catch (CryptographicException exception)
        {
            throw KubeConfigFailure.KubeConfigInvalid(
                certificate.Location, $"'{certificate.Field}' and '{key.Field}' {exception.Message}", exception);
        }
    }

    private static PluginCredential CreatePlugin(KubeConfigUser user, ExecPluginConfig plugin, KubeConfigCluster cluster, PluginInteraction interaction)
    {
        if (plugin.Command.Length == 0)
            throw Invalid(user, "has an 'exec' without 'command'.");
        if (plugin.Variables.Any(variable => variable.Name.Length == 0))
            throw Invalid(user, "has an 'exec' with an environment variable without a name.");
        if (!PluginVersions.Contains(plugin.ApiVersion))
        {
            throw Invalid(
                user,
                $"has an 'exec' with {WrongVersion(plugin.ApiVersion)}: kubectl supports {string.Join(" and ", PluginVersions)}. "
                + "Update the plugin and its entry in the kubeconfig.");
        }
        return new(CredentialPlugin.For(plugin, plugin.ProvideClusterInfo ? ToJson(cluster) : null), interaction);
    }

    private static string WrongVersion(string version) => version switch
    {
        "" => "no apiVersion",
        "client.authentication.k8s.io/v1alpha1" => "apiVersion client.authentication.k8s.io/v1alpha1, which Kubernetes has removed",
        _ => $"apiVersion '{version}'",
    };

    private static JsonObject ToJson(KubeConfigCluster cluster)
    {
        var json = new JsonObject { ["server"] = cluster.Server };
        Add("tls-server-name", cluster.TlsServerName);
        Add("insecure-skip-tls-verify", cluster.SkipTlsVerify ? true : null);
        Add("certificate-authority-data", cluster.CertificateAuthority is { } authority ? Convert.ToBase64String(authority.Read().Span) : null);
        Add("proxy-url", cluster.ProxyUrl);
        Add("disable-compression", cluster.DisableCompression ? true : null);
        Add("config", cluster.ExecExtension?.DeepClone());
        return json;

        void Add(string member, JsonNode? value)
        {
            if (value is not null)
                json[member] = value;
        }
    }

    private static KubeCheckpointException Invalid(KubeConfigUser user, string problem) =>
        KubeConfigFailure.KubeConfigInvalid(user.Location, $"the user '{user.Name}' {problem}");
}
