namespace KubeCheckpoint.Images.Registry;

/// <summary>A login for a registry, and where it was found. Its text never contains the secret.</summary>
internal sealed class RegistryCredential(string source, string userName, string secret)
{
    /// <summary>The user name that marks an identity token in docker's tools.</summary>
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
