namespace KubeCheckpoint.Images.Registry;

/// <summary>What a token must allow, in the form of the distribution project's token authentication: <c>repository:NAME:pull,push</c>.</summary>
internal sealed record RegistryScope(params string[] Parts)
{
    public static RegistryScope Pull(string repository) => new($"repository:{repository}:pull");

    public static RegistryScope Push(string repository) => new($"repository:{repository}:pull,push");

    /// <summary>Abandoning an upload, which the distribution project's registry treats as a deletion.</summary>
    public static RegistryScope Abandon(string repository) => new($"repository:{repository}:pull,push,delete");

    /// <summary>Pushing a blob to one repository that another one has.</summary>
    public static RegistryScope Mount(string repository, string from) => new($"repository:{repository}:pull,push", $"repository:{from}:pull");

    public string Key => string.Join(' ', Parts);
}
