using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace KubeCheckpoint.Images.Oci;

/// <summary>
/// The name of an image: <c>registry/repository:tag@digest</c>, by the grammar of the distribution project (package
/// reference), which docker, podman, CRI-O and containerd share.
/// </summary>
internal sealed partial record ImageReference
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

    /// <summary>Parses a name. As for docker, <c>redis</c> is <c>docker.io/library/redis</c> and <c>a/b</c> is <c>docker.io/a/b</c>.</summary>
    /// <exception cref="KubeCheckpointException">ImageNameInvalid, with the reason.</exception>
    public static ImageReference Parse(string text) =>
        TryParse(text, out var image, out var reason) ? image : throw ImageFailure.ImageNameInvalid(text, reason);

    /// <summary>Parses a name; false with the reason where it is not valid.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ImageReference? image, [NotNullWhen(false)] out string? reason)
    {
        image = null;
        var rest = text;
        Digest? digest = null;
        if (rest.IndexOf('@', StringComparison.Ordinal) is >= 0 and var at)
        {
            if (!Digest.TryParse(rest[(at + 1)..], out digest))
            {
                reason = "what follows '@' is not a sha256 or sha512 digest";
                return false;
            }
            rest = rest[..at];
        }
        string? tag = null;
        if (rest.LastIndexOf(':') is >= 0 and var colon && colon > rest.LastIndexOf('/'))
        {
            tag = rest[(colon + 1)..];
            rest = rest[..colon];
        }
        var (registry, repository) = SplitRegistry(rest);
        reason = FaultOf(registry, repository, tag);
        if (reason is not null)
            return false;
        image = new ImageReference { Registry = registry, Repository = repository, Tag = tag, Digest = digest };
        return true;
    }

    /// <summary>Whether a text can be a tag.</summary>
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

    private static string? FaultOf(string registry, string repository, string? tag)
    {
        if (tag is not null && !IsTag(tag))
            return "a tag has 1 to 128 characters of A-Z a-z 0-9 _ . - and does not begin with . or -";
        if (!HostForm().IsMatch(registry) || !Uri.TryCreate($"https://{registry}/", UriKind.Absolute, out _))
            return $"'{registry}' is not a host name";
        return repository switch
        {
            "" or "library/" => "the repository is missing",
            { Length: > LongestRepository } => $"the repository is longer than {LongestRepository} characters",
            _ when RepositoryForm().IsMatch(repository) => null,
            _ when repository.AsSpan().ContainsAnyInRange('A', 'Z') => "a repository is in lower case",
            _ => $"'{repository}' is not a repository: parts of a-z 0-9, joined by . _ __ - and /",
        };
    }

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\z")]
    private static partial Regex TagForm();

    [GeneratedRegex(@"\A([a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[0-9a-fA-F:]+\])(:[0-9]{1,5})?\z")]
    private static partial Regex HostForm();

    [GeneratedRegex(@"\A[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*\z", RegexOptions.NonBacktracking)]
    private static partial Regex RepositoryForm();
}
