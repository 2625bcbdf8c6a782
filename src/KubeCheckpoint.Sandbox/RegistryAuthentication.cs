namespace KubeCheckpoint.Sandbox;

/// <summary>How the sandbox's registry authenticates callers.</summary>
public enum RegistryAuthentication
{
    /// <summary>Everyone may pull and push.</summary>
    None,

    /// <summary>HTTP Basic on every request.</summary>
    Basic,

    /// <summary>Bearer tokens from the registry's own token endpoint, with a scope and a lifetime.</summary>
    Token,
}
