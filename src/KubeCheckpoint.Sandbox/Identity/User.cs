namespace KubeCheckpoint.Sandbox.Identity;

/// <summary>Somebody the sandbox knows, with what they may do.</summary>
internal sealed record User(string Name, params IReadOnlyList<AccessRule> Rules)
{
    public const string AnonymousName = "system:anonymous";

    public static readonly User Anonymous = new(AnonymousName);

    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>The kubeconfig context that acts as the user; empty for none.</summary>
    public string Context { get; init; } = "";

    public bool IsAnonymous => Name == AnonymousName;

    /// <summary>The groups with those that the API server puts everybody into.</summary>
    public IReadOnlyList<string> AllGroups => IsAnonymous ? ["system:unauthenticated"] : [.. Groups, "system:authenticated"];

    /// <summary>What the sandbox's own table gives; roles and bindings come on top of it.</summary>
    public bool May(AccessRequest request) => Rules.Any(rule => rule.Allows(request));
}
