using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Images.Registry;

/// <summary>A credentials file of <c>podman login</c> or <c>docker login</c>: auths, credHelpers, credsStore.</summary>
internal sealed class AuthFile
{
    private const int LargestFile = 4 * 1024 * 1024;
    private const string DockerHub = "docker.io";
    private const string DockerHubKey = "https://index.docker.io/v1/";

    private readonly string _path;
    private readonly JsonObject _root;

    private AuthFile(string path, JsonObject root)
    {
        _path = path;
        _root = root;
    }

    public static AuthFile Load(string path)
    {
        try
        {
            using var file = RegularFile.OpenStream(path);
            if (file.Length > LargestFile)
                throw RegistryFailure.CredentialFileInvalid(path, "it is larger than 4 MiB");
            using var reader = new StreamReader(file);
            var text = reader.ReadToEnd();
            var root = string.IsNullOrWhiteSpace(text) ? [] : StrictJson.ParseNode(text) as JsonObject;
            return new AuthFile(path, root ?? throw RegistryFailure.CredentialFileInvalid(path, "it is not a JSON object"));
        }
        catch (JsonException)
        {
            // The parser's message may quote a secret: it is not shown.
            throw RegistryFailure.CredentialFileInvalid(path, "it is not JSON");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw RegistryFailure.CredentialFileInvalid(path, exception.Message, exception);
        }
    }

    /// <summary>A helper for the registry comes first, then a stored login (with the longest matching path), then the general store.</summary>
    public async Task<RegistryCredential?> FindAsync(
        string registry, string repository, Func<string, string?> environment, CancellationToken cancellationToken)
    {
        var serverName = registry == DockerHub ? DockerHubKey : registry;
        if (Text((_root["credHelpers"] as JsonObject)?[registry]) is { } helper)
            return await new CredentialHelper(helper, environment).GetAsync(serverName, cancellationToken).ConfigureAwait(false);
        if (FindStored(registry, repository) is { } stored)
            return stored;
        return Text(_root["credsStore"]) is { } store
            ? await new CredentialHelper(store, environment).GetAsync(serverName, cancellationToken).ConfigureAwait(false)
            : null;
    }

    private RegistryCredential? FindStored(string registry, string repository)
    {
        if (_root["auths"] is not JsonObject auths)
            return null;
        for (var name = $"{registry}/{repository}"; name.Length > 0; name = name[..Math.Max(0, name.LastIndexOf('/'))])
        {
            if (auths[name] is JsonObject entry && Decode(entry) is { } credential)
                return credential;
        }
        return auths.Where(entry => HostOf(entry.Key) == registry).Select(entry => Decode(entry.Value as JsonObject))
            .FirstOrDefault(credential => credential is not null);
    }

    // Older tools wrote URLs as keys.
    private static string? HostOf(string key)
    {
        var host = key.Replace("https://", "", StringComparison.Ordinal).Replace("http://", "", StringComparison.Ordinal);
        var isUrl = host.Length < key.Length;
        var slash = host.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0 && !isUrl)
            return null;
        host = slash < 0 ? host : host[..slash];
        return host is "index.docker.io" or "registry-1.docker.io" ? DockerHub : host;
    }

    private RegistryCredential? Decode(JsonObject? entry)
    {
        if (Text(entry?["identitytoken"]) is { } token)
            return RegistryCredential.FromIdentityToken(_path, token);
        if (Text(entry?["auth"]) is not { } encoded)
        {
            return Text(entry?["username"]) is { } user && Text(entry?["password"]) is { } password
                ? new RegistryCredential(_path, user, password)
                : null;
        }

        try
        {
            var pair = Encoding.UTF8.GetString(Convert.FromBase64String(encoded)).TrimEnd('\0').Split(':', 2);
            return pair.Length == 2 ? new RegistryCredential(_path, pair[0], pair[1]) : throw new FormatException();
        }
        catch (FormatException)
        {
            throw RegistryFailure.CredentialFileInvalid(_path, "an entry's auth is not user:password in base64");
        }
    }

    private static string? Text(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue<string>(out var text) && text.Length > 0 ? text : null;
}
