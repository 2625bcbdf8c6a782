using System.Text.RegularExpressions;

namespace KubeCheckpoint.Images.Oci;

/// <summary>
/// The name of an image: <c>registry/repository:tag@digest</c>, by the grammar of the distribution project (package
/// reference), which docker, podman, CRI-O and containerd share.
/// </summary>
public sealed partial record ImageReference
{
    private const string DockerHub = "docker.io";
    private const int LongestRepository = 255;

    /// <summary>The registry's host, with a port where it has one: <c>docker.io</c>, <c>localhost:5000</c>, <c>[::1]:5000</c>.</summary>
    public required string Registry { get; init; }

    /// <summary>The repository in the registry: <c>library/redis</c>.</summary>
    public required string Repository { get; init; }

    /// <summary>The tag, or null.</summary>
    public string? Tag { get; init; }

    /// <summary>The manifest's digest, or null.</summary>
    public Digest? Digest { get; init; }

    /// <summary>Reads a name. As docker does, <c>redis</c> is <c>docker.io/library/redis</c> and <c>a/b</c> is <c>docker.io/a/b</c>.</summary>
    /// <param name="text">The name.</param>
    /// <exception cref="KubeCheckpointException">ImageNameInvalid, with the reason.</exception>
    public static ImageReference Parse(string text)
    {
        var rest = text;
        Digest? digest = null;
        if (rest.IndexOf('@', StringComparison.Ordinal) is >= 0 and var at)
        {
            if (!Digest.TryParse(rest[(at + 1)..], out digest))
                throw ImageFailure.ImageNameInvalid(text, "what follows '@' is no sha256 or sha512 digest");
            rest = rest[..at];
        }
        string? tag = null;
        if (rest.LastIndexOf(':') is >= 0 and var colon && colon > rest.LastIndexOf('/'))
        {
            tag = rest[(colon + 1)..];
            rest = rest[..colon];
            if (!TagForm().IsMatch(tag))
                throw ImageFailure.ImageNameInvalid(text, "a tag is 1 to 128 of A-Z a-z 0-9 _ . - and begins with none of . -");
        }
        var (registry, repository) = SplitRegistry(rest);
        if (!HostForm().IsMatch(registry) || !Uri.TryCreate($"https://{registry}/", UriKind.Absolute, out _))
            throw ImageFailure.ImageNameInvalid(text, $"'{registry}' is no host name");
        if (repository.Length is 0 or > LongestRepository || !RepositoryForm().IsMatch(repository))
            throw ImageFailure.ImageNameInvalid(text, RepositoryReason(repository));
        return new ImageReference { Registry = registry, Repository = repository, Tag = tag, Digest = digest };
    }

    /// <summary>Whether a text can be a tag.</summary>
    /// <param name="text">The text.</param>
    public static bool IsTag(string text) => TagForm().IsMatch(text);

    /// <summary>The full name.</summary>
    public override string ToString() =>
        $"{Registry}/{Repository}{(Tag is null ? "" : ":" + Tag)}{(Digest is null ? "" : "@" + Digest)}";

    private static (string Registry, string Repository) SplitRegistry(string name)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        var first = slash < 0 ? "" : name[..slash];
        var isHost = first == "localhost" || first.AsSpan().ContainsAny('.', ':', '[') || first.AsSpan().ContainsAnyInRange('A', 'Z');
        if (!isHost)
            return (DockerHub, slash < 0 ? "library/" + name : name);
        var repository = name[(slash + 1)..];
        return first is "index.docker.io" or DockerHub
            ? (DockerHub, repository.Contains('/', StringComparison.Ordinal) ? repository : "library/" + repository)
            : (first, repository);
    }

    private static string RepositoryReason(string repository) => repository switch
    {
        "" or "library/" => "it has no repository",
        { Length: > LongestRepository } => $"the repository is longer than {LongestRepository} characters",
        _ when repository.AsSpan().ContainsAnyInRange('A', 'Z') => "a repository is in lower case",
        _ => $"'{repository}' is no repository: parts of a-z 0-9, joined by . _ __ - and /",
    };

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\z")]
    private static partial Regex TagForm();

    [GeneratedRegex(@"\A([a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[0-9a-fA-F:]+\])(:[0-9]{1,5})?\z")]
    private static partial Regex HostForm();

    [GeneratedRegex(@"\A[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*\z", RegexOptions.NonBacktracking)]
    private static partial Regex RepositoryForm();
}
