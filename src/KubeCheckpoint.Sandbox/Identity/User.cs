namespace KubeCheckpoint.Sandbox.Identity;

/// <summary>A user of the sandbox, with permissions.</summary>
internal sealed record User(string Name, params IReadOnlyList<AccessRule> Rules)
{
    public const string AnonymousName = "system:anonymous";

    // Its members may do everything, whatever the roles say.
    private const string Masters = "system:masters";

    public static readonly User Anonymous = new(AnonymousName);

    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>The UID of an impersonated user; empty for none.</summary>
    public string Uid { get; init; } = "";

    /// <summary>The extra attributes of an impersonated user.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Extra { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>The user's context in the kubeconfig; empty for none.</summary>
    public string Context { get; init; } = "";

    public bool IsAnonymous => Name == AnonymousName;

    /// <summary>The groups, including those that the API server adds to every user.</summary>
    public IReadOnlyList<string> AllGroups => IsAnonymous ? ["system:unauthenticated"] : [.. Groups, "system:authenticated"];

    /// <summary>Whether the sandbox's table allows a request; roles and bindings may allow more.</summary>
    public bool May(AccessRequest request) => Groups.Contains(Masters) || Rules.Any(rule => rule.Allows(request));
}
