using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.KubeConfigs;
using KubeCheckpoint.Http;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Credentials;

/// <summary>The document that a credential plugin prints, of the same version as the one that it is given.</summary>
/// <param name="Credential">The token, the client certificate, or both.</param>
/// <param name="Expires">When the credential expires, or null if the plugin does not say.</param>
internal sealed record ExecCredential(RequestCredential Credential, DateTimeOffset? Expires)
{
    private const string Kind = nameof(ExecCredential);

    // Shell scripts do not decode \u002B in base64.
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The document that a plugin is given.</summary>
    public static string ToRequest(ExecPluginConfig plugin, bool isInteractive, JsonNode? cluster)
    {
        var spec = new JsonObject { ["interactive"] = isInteractive };
        if (cluster is not null)
            spec["cluster"] = cluster.DeepClone();
        return new JsonObject { ["apiVersion"] = plugin.ApiVersion, ["kind"] = Kind, ["spec"] = spec }.ToJsonString(Plain);
    }

    /// <summary>Reads what a plugin has printed. Error messages never quote it: it may hold a secret.</summary>
    /// <exception cref="KubeCheckpointException">CredentialPluginFailed.</exception>
    public static ExecCredential Parse(ExecPluginConfig plugin, string output)
    {
        return StrictJson.Read(output, root => Read(plugin, root), _ => Failed(plugin, output.Length == 0
            ? "printed nothing: an ExecCredential was expected."
            : "printed something other than an ExecCredential: it is not valid JSON."));
    }

    private static ExecCredential Read(ExecPluginConfig plugin, JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || Text(plugin, root, "kind") != Kind)
            throw Failed(plugin, "printed JSON that is not an ExecCredential.");
        var version = Text(plugin, root, "apiVersion");
        if (version != plugin.ApiVersion)
            throw Failed(plugin, $"printed an ExecCredential of apiVersion '{version}', but the kubeconfig asks for '{plugin.ApiVersion}'.");
        if (!root.TryGetProperty("status", out var status) || status.ValueKind != JsonValueKind.Object)
            throw Failed(plugin, "printed an ExecCredential without a status.");
        return new(ReadCredential(plugin, status), ReadExpiry(plugin, status));
    }

    private static RequestCredential ReadCredential(ExecPluginConfig plugin, JsonElement status)
    {
        var token = Text(plugin, status, "token");
        if (token is not null && HeaderText.FindProblem(token) is { } problem)
            throw Failed(plugin, $"printed an ExecCredential whose token has characters that a token cannot have: {problem}.");
        var certificate = Text(plugin, status, "clientCertificateData");
        var key = Text(plugin, status, "clientKeyData");
        return (token, certificate, key) switch
        {
            (null, null, null) => throw Failed(plugin, "printed an ExecCredential with neither a token nor a client certificate."),
            (_, null, not null) => throw Failed(plugin, "printed an ExecCredential with clientKeyData and no clientCertificateData."),
            (_, not null, null) => throw Failed(plugin, "printed an ExecCredential with clientCertificateData and no clientKeyData."),
            _ => new(
                token is null ? null : RequestCredential.Bearer(token),
                certificate is null ? null : ReadCertificate(plugin, certificate, key!)),
        };
    }

    private static ClientCertificate ReadCertificate(ExecPluginConfig plugin, string certificate, string key)
    {
        try
        {
            return ClientCertificate.FromPem(certificate, key);
        }
        catch (CryptographicException exception)
        {
            throw CredentialFailure.CredentialPluginFailed(
                plugin, $"printed an ExecCredential with an unusable client certificate: its data and key {exception.Message}", exception);
        }
    }

    private static DateTimeOffset? ReadExpiry(ExecPluginConfig plugin, JsonElement status)
    {
        const string Member = "expirationTimestamp";
        if (Text(plugin, status, Member) is null)
            return null;
        return status.GetProperty(Member).TryGetDateTimeOffset(out var time)
            ? time
            : throw Failed(plugin, "printed an ExecCredential whose expirationTimestamp is not a time such as 2030-01-31T12:00:00Z.");
    }

    /// <summary>A member's text; null where it is absent, null or empty.</summary>
    private static string? Text(ExecPluginConfig plugin, JsonElement owner, string member)
    {
        if (!owner.TryGetProperty(member, out var value) || value.ValueKind == JsonValueKind.Null)
            return null;
        if (value.ValueKind != JsonValueKind.String)
            throw Failed(plugin, $"printed an ExecCredential whose {member} is not text.");
        return value.GetString() is { Length: > 0 } text ? text : null;
    }

    private static KubeCheckpointException Failed(ExecPluginConfig plugin, string problem) => CredentialFailure.CredentialPluginFailed(plugin, problem);
}
