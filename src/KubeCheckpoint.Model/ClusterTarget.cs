namespace KubeCheckpoint;

/// <summary>The API server to use: a kubeconfig file and one of its contexts, and the user that requests are made as.</summary>
/// <param name="KubeConfig">
/// The kubeconfig file. Null: the files of <c>$KUBECONFIG</c>, else <c>~/.kube/config</c>, else the service account of the pod
/// this runs in.
/// </param>
/// <param name="Context">A context of the kubeconfig. Null: its current context.</param>
/// <param name="As">Another user that requests are made as (impersonation). Null: what the kubeconfig says.</param>
public sealed record ClusterTarget(string? KubeConfig = null, string? Context = null, string? As = null)
{
    /// <summary>The groups of the other user. Empty: what the kubeconfig says.</summary>
    public IReadOnlyList<string> AsGroup { get; init; } = [];

    /// <summary>Whether both name the same server, context, user and groups.</summary>
    /// <param name="other">The other target.</param>
    public bool Equals(ClusterTarget? other) => other is not null
        && (KubeConfig, Context, As) == (other.KubeConfig, other.Context, other.As)
        && AsGroup.SequenceEqual(other.AsGroup);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(KubeConfig, Context, As, AsGroup.Count);
}
