namespace KubeCheckpoint.Cluster.KubeConfigs;

/// <summary>A user of a kubeconfig: the credentials, and the user that requests are made as.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Location">Where its entry begins.</param>
internal sealed record KubeConfigUser(string Name, KubeConfigLocation Location)
{
    /// <summary>The bearer token, or null.</summary>
    public string? Token { get; init; }

    /// <summary>The full path of the file that holds the bearer token, or null.</summary>
    public string? TokenFile { get; init; }

    public string? UserName { get; init; }

    public string? Password { get; init; }

    /// <summary>The PEM client certificate, with any intermediate certificates after it, or null.</summary>
    public KubeConfigContent? ClientCertificate { get; init; }

    /// <summary>The PEM key of the client certificate, or null.</summary>
    public KubeConfigContent? ClientKey { get; init; }

    /// <summary>The credential plugin, or null.</summary>
    public ExecPluginConfig? Exec { get; init; }

    /// <summary>The name of the credential provider of an old kubectl, which nothing supports any more, or null.</summary>
    public string? AuthProvider { get; init; }

    /// <summary>Whether there is anything to authenticate with.</summary>
    public bool HasCredentials =>
        (Token ?? TokenFile ?? UserName ?? Password) is not null || ClientCertificate is not null || Exec is not null;

    /// <summary>Whom requests are made as.</summary>
    public Impersonation Impersonation { get; init; } = Impersonation.None;

    /// <summary>Without its secrets.</summary>
    public override string ToString() => Name;
}
