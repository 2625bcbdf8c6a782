namespace KubeCheckpoint;

/// <summary>The API server to use: a kubeconfig file and one of its contexts.</summary>
/// <param name="KubeConfig">
/// The kubeconfig file. Null: the files of <c>$KUBECONFIG</c>, else <c>~/.kube/config</c>, else the service account of the pod
/// this runs in.
/// </param>
/// <param name="Context">A context of the kubeconfig. Null: its current context.</param>
public sealed record ClusterTarget(string? KubeConfig = null, string? Context = null);
