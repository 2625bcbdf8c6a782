namespace KubeCheckpoint.Sandbox.Identity;

/// <summary>A user of the sandbox, with permissions.</summary>
internal sealed record User(string Name, params IReadOnlyList<AccessRule> Rules)
{
    public const string AnonymousName = "system:anonymous";

    public static readonly User Anonymous = new(AnonymousName);

    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>The user's context in the kubeconfig; empty for none.</summary>
    public string Context { get; init; } = "";

    public bool IsAnonymous => Name == AnonymousName;

    /// <summary>The groups, including those that the API server adds to every user.</summary>
    public IReadOnlyList<string> AllGroups => IsAnonymous ? ["system:unauthenticated"] : [.. Groups, "system:authenticated"];

    /// <summary>Whether the sandbox's table allows a request; roles and bindings may allow more.</summary>
    public bool May(AccessRequest request) => Rules.Any(rule => rule.Allows(request));
}
