namespace KubeCheckpoint.Images.Registry;

/// <summary>What a token must allow, as the distribution project's token authentication writes it: <c>repository:NAME:pull,push</c>.</summary>
internal sealed record RegistryScope(params string[] Parts)
{
    public static RegistryScope Pull(string repository) => new($"repository:{repository}:pull");

    public static RegistryScope Push(string repository) => new($"repository:{repository}:pull,push");

    /// <summary>Giving up an upload: to the distribution project's registry that is a deletion.</summary>
    public static RegistryScope Abandon(string repository) => new($"repository:{repository}:pull,push,delete");

    /// <summary>Pushing to one repository what another one has.</summary>
    public static RegistryScope Mount(string repository, string from) => new($"repository:{repository}:pull,push", $"repository:{from}:pull");

    public string Key => string.Join(' ', Parts);
}
