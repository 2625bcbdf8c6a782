namespace KubeCheckpoint.Cluster.KubeConfigs;

/// <summary>What one or several kubeconfig files say.</summary>
/// <param name="Files">The files, the one with precedence first.</param>
/// <param name="CurrentContext">The name of the current context, or null.</param>
/// <param name="Clusters">The clusters, each name once.</param>
/// <param name="Users">The users, each name once.</param>
/// <param name="Contexts">The contexts, each name once.</param>
internal sealed record KubeConfig(
    IReadOnlyList<string> Files,
    string? CurrentContext,
    IReadOnlyList<KubeConfigCluster> Clusters,
    IReadOnlyList<KubeConfigUser> Users,
    IReadOnlyList<KubeConfigContext> Contexts)
{
    /// <summary>The files, as error messages name them.</summary>
    public string Description => string.Join(Path.PathSeparator, Files);

    /// <summary>Merges another file into this one. What this one sets has precedence, entry by entry.</summary>
    public KubeConfig MergeWith(KubeConfig other) => new(
        [.. Files, .. other.Files],
        CurrentContext ?? other.CurrentContext,
        [.. Clusters.Concat(other.Clusters).DistinctBy(cluster => cluster.Name)],
        [.. Users.Concat(other.Users).DistinctBy(user => user.Name)],
        [.. Contexts.Concat(other.Contexts).DistinctBy(context => context.Name)]);
}
