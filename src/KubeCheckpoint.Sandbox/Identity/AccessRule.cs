namespace KubeCheckpoint.Sandbox.Identity;

/// <summary>A rule of a Role (with namespaces) or a ClusterRole (without).</summary>
internal sealed record AccessRule(IReadOnlyList<string> Verbs, IReadOnlyList<string> Resources, IReadOnlyList<string>? Namespaces = null)
{
    private const string Any = "*";

    public static readonly AccessRule Everything = new([Any], [Any]);

    public bool Allows(AccessRequest request) =>
        Holds(Verbs, request.Verb)
        && Holds(Resources, request.Resource)
        && (Namespaces is null || Namespaces.Contains(request.Namespace));

    private static bool Holds(IReadOnlyList<string> words, string word) => words.Contains(Any) || words.Contains(word);
}
