using System.Net.Http.Headers;

namespace KubeCheckpoint.Cluster.Credentials;

/// <summary>What one request is authenticated with.</summary>
/// <param name="Authorization">The Authorization header, or null.</param>
/// <param name="Certificate">The client certificate of the connection, or null. A request with another one needs another connection.</param>
internal sealed record RequestCredential(AuthenticationHeaderValue? Authorization, ClientCertificate? Certificate)
{
    /// <summary>Authenticates as nobody, for example through <c>kubectl proxy</c>.</summary>
    public static RequestCredential None { get; } = new(null, null);

    public static AuthenticationHeaderValue Bearer(string token) => new("Bearer", token);

    /// <summary>Without the secret.</summary>
    public override string ToString() => $"{Authorization?.Scheme ?? "no header"}, {(Certificate is null ? "no certificate" : "a certificate")}";
}
