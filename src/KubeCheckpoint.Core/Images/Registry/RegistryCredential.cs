namespace KubeCheckpoint.Images.Registry;

/// <summary>What a registry login consists of, and where it was found. Its text never holds the secret.</summary>
internal sealed class RegistryCredential(string source, string userName, string secret)
{
    /// <summary>The user name docker's tools give to an identity token.</summary>
    private const string TokenUser = "<token>";

    /// <summary>Where it was found, for messages: a path, a helper, <c>-RegistryCredential</c>.</summary>
    public string Source { get; } = source;

    public string UserName { get; } = userName;

    /// <summary>The password, or the identity (OAuth2 refresh) token.</summary>
    public string Secret { get; } = secret;

    public bool IsIdentityToken => UserName == TokenUser;

    public static RegistryCredential FromIdentityToken(string source, string token) => new(source, TokenUser, token);

    public override string ToString() => Source;
}
