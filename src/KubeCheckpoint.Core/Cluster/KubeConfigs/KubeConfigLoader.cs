namespace KubeCheckpoint.Cluster.KubeConfigs;

/// <summary>
/// Finds the kubeconfig as kubectl does (a given file, the files of <c>$KUBECONFIG</c>, <c>~/.kube/config</c>, the service account of
/// the pod) and never falls back to <c>localhost:8080</c>.
/// </summary>
internal static class KubeConfigLoader
{
    private const string Variable = "KUBECONFIG";

    /// <summary>The cluster and user to connect with.</summary>
    /// <exception cref="KubeCheckpointException">
    /// KubeConfigNotFound, KubeConfigUnreadable, KubeConfigInvalid, ContextNotFound, CurrentContextNotSet, NoClusterConfigured,
    /// AuthProviderNotSupported, ImpersonationInvalid.
    /// </exception>
    public static ClusterAccess Load(ClusterTarget target)
    {
        var access = FindAccess(target);
        return access with { User = access.User with { Impersonation = access.User.Impersonation.OverrideWith(target) } };
    }

    public static IReadOnlyList<KubeConfigContext> Contexts(string? kubeConfig)
    {
        var files = Find(kubeConfig);
        return files.Count == 0 ? [] : Read(files).Contexts;
    }

    private static ClusterAccess FindAccess(ClusterTarget target)
    {
        var files = Find(target.KubeConfig);
        if (files.Count > 0)
            return ContextResolver.Resolve(Read(files), target.Context);
        return target.Context is null && ServiceAccountAccess.Find() is { } access ? access : throw KubeConfigFailure.NoClusterConfigured();
    }

    private static List<string> Find(string? kubeConfig)
    {
        if (kubeConfig is not null)
            return File.Exists(kubeConfig) ? [Path.GetFullPath(kubeConfig)] : throw KubeConfigFailure.KubeConfigNotFound(kubeConfig);
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } list)
        {
            var named = list.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            var present = named.Select(name => name.Trim('"')).Where(File.Exists).Select(Path.GetFullPath).Distinct().ToList();
            return present.Count > 0 ? present : throw KubeConfigFailure.KubeConfigNotFound(list);
        }

        var home = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".kube", "config");
        return File.Exists(home) ? [home] : [];
    }

    private static KubeConfig Read(List<string> files)
    {
        var read = files.Select(KubeConfigReader.Read).OfType<KubeConfig>().ToList();
        return read.Count > 0
            ? read.Aggregate((merged, next) => merged.MergeWith(next))
            : throw KubeConfigFailure.KubeConfigInvalid(string.Join(Path.PathSeparator, files), "the file is empty.");
    }
}
