namespace KubeCheckpoint.Sandbox;

/// <summary>How the sandbox's registry behaves.</summary>
public sealed record SandboxRegistryOptions
{
    /// <summary>How callers authenticate.</summary>
    public RegistryAuthentication Authentication { get; init; } = RegistryAuthentication.None;

    /// <summary>True for https with a certificate of the sandbox's CA, false for plain http.</summary>
    public bool Tls { get; init; }

    /// <summary>The one user the registry knows (Basic and Token).</summary>
    public string UserName { get; init; } = "pusher";

    /// <summary>That user's password.</summary>
    public string Password { get; init; } = "sandbox-password";

    /// <summary>The identity token that the token endpoint accepts as an OAuth2 refresh token instead of user name and password.</summary>
    public string IdentityToken { get; init; } = "sandbox-identity-token";

    /// <summary>With Token: whether a token for pulling is issued without credentials.</summary>
    public bool AnonymousPull { get; init; }

    /// <summary>How long a bearer token is valid.</summary>
    public TimeSpan TokenLifetime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>True for upload locations as full URLs, false for paths (the distribution specification allows both).</summary>
    public bool AbsoluteLocations { get; init; }

    /// <summary>True to add a query to upload locations, as registries that sign the upload's state do.</summary>
    public bool LocationsWithState { get; init; } = true;

    /// <summary>The value of <c>OCI-Chunk-Min-Length</c> in bytes; null sends none.</summary>
    public long? MinimumChunkLength { get; init; }
}
