using k8s;
using k8s.Exceptions;
using k8s.KubeConfigModels;
using KubeCheckpoint.Cluster.KubeConfigs;
using YamlDotNet.Core;

namespace KubeCheckpoint.Cluster.Connections;

/// <summary>
/// Finds the kubeconfig as kubectl does (a given file, the files of <c>$KUBECONFIG</c>, <c>~/.kube/config</c>, the service account of
/// the pod) and never falls back to <c>localhost:8080</c>.
/// </summary>
internal static class KubeConfigLoader
{
    private const string Variable = "KUBECONFIG";

    public static KubernetesClientConfiguration Load(ClusterTarget target)
    {
        var files = Find(target.KubeConfig);
        if (files.Count == 0)
            return InCluster(target.Context);
        var config = Read(files);
        var context = SelectContext(config, target.Context, files);
        try
        {
            return KubernetesClientConfiguration.BuildConfigFromConfigObject(config, context);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // The client also throws plain Exceptions here, for example for a certificate that does not parse.
            throw KubeConfigFailure.KubeConfigInvalid(Describe(files), exception.Message, exception);
        }
    }

    public static IReadOnlyList<KubeConfigContext> Contexts(string? kubeConfig)
    {
        var files = Find(kubeConfig);
        return files.Count == 0 ? [] : [.. (Read(files).Contexts ?? []).Select(context => new KubeConfigContext(
            context.Name, context.ContextDetails?.Cluster, context.ContextDetails?.User, context.ContextDetails?.Namespace))];
    }

    private static List<string> Find(string? kubeConfig)
    {
        if (kubeConfig is not null)
        {
            return File.Exists(kubeConfig) ? [Path.GetFullPath(kubeConfig)] : throw KubeConfigFailure.KubeConfigNotFound(kubeConfig);
        }

        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } list)
        {
            var named = list.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            var present = named.Select(name => name.Trim('"')).Where(File.Exists).ToList();
            return present.Count > 0 ? present : throw KubeConfigFailure.KubeConfigNotFound(list);
        }

        var home = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".kube", "config");
        return File.Exists(home) ? [home] : [];
    }

    private static KubernetesClientConfiguration InCluster(string? context)
    {
        if (context is not null || !KubernetesClientConfiguration.IsInCluster())
            throw ConnectionFailure.NoClusterConfigured();
        return KubernetesClientConfiguration.InClusterConfig();
    }

    private static K8SConfiguration Read(List<string> files)
    {
        var merged = ReadOne(files[0]);
        foreach (var next in files.Skip(1).Select(ReadOne))
        {
            merged.CurrentContext ??= next.CurrentContext;
            merged.Contexts = [.. (merged.Contexts ?? []).Concat(next.Contexts ?? []).DistinctBy(context => context.Name)];
            merged.Clusters = [.. (merged.Clusters ?? []).Concat(next.Clusters ?? []).DistinctBy(cluster => cluster.Name)];
            merged.Users = [.. (merged.Users ?? []).Concat(next.Users ?? []).DistinctBy(user => user.Name)];
        }

        return merged;
    }

    private static K8SConfiguration ReadOne(string file)
    {
        try
        {
            var config = KubeConfigReader.Read(file)
                ?? throw new KubeConfigException("The file is empty.");
            MakePathsAbsolute(config, Path.GetDirectoryName(Path.GetFullPath(file))!);
            return config;
        }
        catch (Exception exception) when (exception is YamlException or KubeConfigException)
        {
            throw KubeConfigFailure.KubeConfigInvalid(file, exception.Message, exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw KubeConfigFailure.KubeConfigUnreadable(file, exception);
        }
    }

    /// <summary>Resolves paths relative to their kubeconfig, which is no longer known once several are merged.</summary>
    private static void MakePathsAbsolute(K8SConfiguration config, string folder)
    {
        foreach (var endpoint in (config.Clusters ?? []).Select(cluster => cluster.ClusterEndpoint).OfType<ClusterEndpoint>())
        {
            endpoint.CertificateAuthority = Absolute(endpoint.CertificateAuthority);
        }

        foreach (var user in (config.Users ?? []).Select(user => user.UserCredentials).OfType<UserCredentials>())
        {
            user.ClientCertificate = Absolute(user.ClientCertificate);
            user.ClientKey = Absolute(user.ClientKey);
        }

        string? Absolute(string? path) => string.IsNullOrWhiteSpace(path) ? path : Path.Combine(folder, path);
    }

    private static string SelectContext(K8SConfiguration config, string? wanted, List<string> files)
    {
        var known = NamesOf(config).ToList();
        var name = wanted ?? (string.IsNullOrWhiteSpace(config.CurrentContext) ? null : config.CurrentContext);
        if (name is null)
            throw KubeConfigFailure.CurrentContextNotSet(Describe(files), known);
        return known.Contains(name) ? name : throw KubeConfigFailure.ContextNotFound(name, Describe(files), known);
    }

    private static IEnumerable<string> NamesOf(K8SConfiguration config) => (config.Contexts ?? []).Select(context => context.Name);

    private static string Describe(List<string> files) => string.Join(Path.PathSeparator, files);
}

/// <summary>A context of a kubeconfig.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Cluster">The name of its cluster.</param>
/// <param name="User">The name of its user.</param>
/// <param name="Namespace">Its namespace, or null.</param>
public sealed record KubeConfigContext(string Name, string? Cluster, string? User, string? Namespace);
