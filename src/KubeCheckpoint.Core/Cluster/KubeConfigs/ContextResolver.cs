namespace KubeCheckpoint.Cluster.KubeConfigs;

/// <summary>Resolves a context to its cluster and user, and refuses what kubectl refuses in them.</summary>
internal static class ContextResolver
{
    public static ClusterAccess Resolve(KubeConfig config, string? wanted)
    {
        var context = Select(config, wanted);
        return new(FindCluster(config, context), FindUser(config, context), context.Namespace ?? ClusterAccess.DefaultNamespace);
    }

    private static KubeConfigContext Select(KubeConfig config, string? wanted)
    {
        var known = config.Contexts.Select(context => context.Name).ToList();
        var name = wanted ?? config.CurrentContext ?? throw KubeConfigFailure.CurrentContextNotSet(config.Description, known);
        return config.Contexts.FirstOrDefault(context => context.Name == name)
            ?? throw KubeConfigFailure.ContextNotFound(name, config.Description, known);
    }

    private static KubeConfigCluster FindCluster(KubeConfig config, KubeConfigContext context)
    {
        if (context.Cluster is not { } name)
            throw Invalid(context, "names no cluster.");
        var cluster = config.Clusters.FirstOrDefault(cluster => cluster.Name == name)
            ?? throw Invalid(context, $"names the cluster '{name}', which is missing.");
        if (cluster.Server is null)
            throw KubeConfigFailure.KubeConfigInvalid(cluster.Location, $"the cluster '{name}' has no 'server'.");
        if (cluster is { SkipTlsVerify: true, CertificateAuthority.Field: var field })
        {
            throw KubeConfigFailure.KubeConfigInvalid(
                cluster.Location, $"the cluster '{name}' has both 'insecure-skip-tls-verify' and '{field}': remove one of them.");
        }
        return cluster;
    }

    private static KubeConfigUser FindUser(KubeConfig config, KubeConfigContext context)
    {
        // kubectl too connects without credentials where the user is missing, as for 'kubectl proxy'.
        var name = context.User ?? "";
        if (config.Users.FirstOrDefault(user => user.Name == name) is not { } user)
            return new(name, context.Location!);
        if (user.AuthProvider is { } provider)
            throw KubeConfigFailure.AuthProviderNotSupported(user.Location, name, provider);
        if (user is { ClientCertificate: not null, ClientKey: null })
            throw KubeConfigFailure.KubeConfigInvalid(user.Location, $"the user '{name}' has a client certificate without 'client-key' or 'client-key-data'.");
        return user is { Token: not null } and ({ UserName: not null } or { Password: not null })
            ? throw KubeConfigFailure.KubeConfigInvalid(
                user.Location, $"the user '{name}' has both a token and a user name with a password: remove one of them.")
            : user;
    }

    private static KubeCheckpointException Invalid(KubeConfigContext context, string problem) =>
        KubeConfigFailure.KubeConfigInvalid(context.Location!, $"the context '{context.Name}' {problem}");
}
