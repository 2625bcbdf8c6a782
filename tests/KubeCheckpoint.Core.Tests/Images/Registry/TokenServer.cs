using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace KubeCheckpoint.Core.Tests.Images.Registry;

/// <summary>Gives the JSON web tokens that the distribution project's registry takes (its token authentication specification).</summary>
internal sealed class TokenServer : IDisposable
{
    public const string Service = "test-service";
    public const string Issuer = "test-issuer";

    // The registry lets a token pass for as long after its end.
    private static readonly TimeSpan Leeway = TimeSpan.FromSeconds(60);

    private readonly FakeRegistry _server = new();

    public TokenServer() => _server.Intercept = request =>
    {
        Requests.Add(Uri.UnescapeDataString(request.Target));
        var scopes = request.Target.Split('?')[1].Split('&').Where(part => part.StartsWith("scope=", StringComparison.Ordinal)).Select(part => Uri.UnescapeDataString(part[6..]));
        return new FakeResponse(200, $$"""{"token":"{{Token([.. scopes])}}","expires_in":300}""");
    };

    public X509Certificate2 Certificate { get; } = RealRegistry.MakeCertificate();

    public string Realm => $"http://{_server.Host}/token";

    public List<string> Requests { get; } = [];

    /// <summary>How long tokens are really good for, whatever the answer says.</summary>
    public TimeSpan Lifetime { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Which scopes are granted.</summary>
    public Func<string, bool> Grants { get; set; } = _ => true;

    public void Dispose()
    {
        _server.Dispose();
        Certificate.Dispose();
    }

    private string Token(string[] scopes)
    {
        var now = DateTimeOffset.UtcNow;
        var access = scopes.Where(Grants).Select(scope => scope.Split(':')).Select(parts => (JsonNode)new JsonObject
        {
            ["type"] = parts[0],
            ["name"] = parts[1],
            ["actions"] = new JsonArray([.. parts[2].Split(',').Select(action => (JsonNode)action)]),
        });
        var header = new JsonObject { ["typ"] = "JWT", ["alg"] = "RS256", ["x5c"] = new JsonArray(Convert.ToBase64String(Certificate.RawData)) };
        var claims = new JsonObject
        {
            ["iss"] = Issuer,
            ["sub"] = "ada",
            ["aud"] = Service,
            ["exp"] = (now + Lifetime - Leeway).ToUnixTimeSeconds(),
            ["nbf"] = (now - Leeway).ToUnixTimeSeconds(),
            ["iat"] = now.ToUnixTimeSeconds(),
            ["jti"] = Guid.NewGuid().ToString(),
            ["access"] = new JsonArray([.. access]),
        };
        var signed = $"{Encode(JsonSerializer.SerializeToUtf8Bytes(header))}.{Encode(JsonSerializer.SerializeToUtf8Bytes(claims))}";
        var signature = Certificate.GetRSAPrivateKey()!.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return $"{signed}.{Encode(signature)}";
    }

    private static string Encode(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}
