namespace KubeCheckpoint.Images.Registry;

/// <summary>
/// Finds a login as podman and docker do: the one that was given; otherwise the first for the repository or its registry in
/// <c>$REGISTRY_AUTH_FILE</c>, <c>$XDG_RUNTIME_DIR/containers/auth.json</c>, <c>$XDG_CONFIG_HOME/containers/auth.json</c> or
/// docker's <c>config.json</c> (containers-auth.json(5), docker login).
/// </summary>
internal sealed class CredentialFinder(Func<string, string?> environment)
{
    public CredentialFinder()
        : this(Environment.GetEnvironmentVariable)
    {
    }

    public async Task<RegistryCredential?> FindAsync(
        string registry, string repository, RegistryOptions options, CancellationToken cancellationToken)
    {
        if (options.Credential is { } given)
            return new RegistryCredential("-RegistryCredential", given.UserName, given.Password);
        foreach (var path in Files().Where(File.Exists))
        {
            var credential = await AuthFile.Load(path).FindAsync(registry, repository, environment, cancellationToken).ConfigureAwait(false);
            if (credential is not null)
                return credential;
        }
        return null;
    }

    private IEnumerable<string> Files()
    {
        if (Variable("REGISTRY_AUTH_FILE") is { } named)
            yield return named;
        if (Variable("XDG_RUNTIME_DIR") is { } runtime)
            yield return Path.Combine(runtime, "containers", "auth.json");
        var home = Variable("HOME") ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        yield return Path.Combine(Variable("XDG_CONFIG_HOME") ?? Path.Combine(home, ".config"), "containers", "auth.json");
        yield return Path.Combine(Variable("DOCKER_CONFIG") ?? Path.Combine(home, ".docker"), "config.json");
    }

    private string? Variable(string name) => environment(name) is { Length: > 0 } value ? value : null;
}
