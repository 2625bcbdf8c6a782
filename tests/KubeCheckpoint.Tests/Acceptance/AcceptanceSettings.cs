namespace KubeCheckpoint.Tests.Acceptance;

/// <summary>Which cluster the acceptance tests use, and what of it: environment variables, described in CONTRIBUTING.md.</summary>
internal static class AcceptanceSettings
{
    public const string Prefix = "KUBECHECKPOINT_ACCEPTANCE_";
    public const string KubeConfigVariable = Prefix + "KUBECONFIG";

    public static string? KubeConfig => Environment.GetEnvironmentVariable(KubeConfigVariable);

    public static string Namespace => Setting("NAMESPACE", "default");

    public static string Repository => Setting("REPOSITORY", "127.0.0.1:5000/kubecheckpoint-acceptance");

    public static string HelperNamespace => Setting("HELPER_NAMESPACE", "kube-checkpoint");

    /// <summary>Where make-images.sh pushed the images of the programs; empty if the programs are not to be tested.</summary>
    public static string Images => Setting("IMAGES", "");

    /// <summary>The nodes between which the programs are moved.</summary>
    public static string[] Nodes => Setting("NODES", "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    public static string Setting(string name, string otherwise) =>
        Environment.GetEnvironmentVariable(Prefix + name) is { Length: > 0 } value ? value : otherwise;
}
