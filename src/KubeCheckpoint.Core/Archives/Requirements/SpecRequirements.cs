using KubeCheckpoint.Archives.Contents;

namespace KubeCheckpoint.Archives.Requirements;

/// <summary>Devices, namespaces and image in spec.dump.</summary>
internal sealed class SpecRequirements
{
    // The devices of every container (runtime-spec, "Default Devices"), and the terminal.
    private static readonly string[] DefaultDevices =
        ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/console", "/dev/ptmx"];

    private SpecRequirements()
    {
    }

    public IReadOnlyList<string> Devices { get; private init; } = [];

    /// <summary>Images by digest, as CRI-O stores them: <c>name@sha256:...</c>.</summary>
    public string? RepositoryDigests { get; private init; }

    public bool HasTerminal { get; private init; }

    public bool SharesNodeProcesses { get; private init; }

    public static SpecRequirements Read(CheckpointContent content)
    {
        if (content.Find("spec.dump") is not { } member)
            return new SpecRequirements();
        using var spec = JsonMember.Read(content, member);
        var namespaces = spec.Objects(["linux", "namespaces"], "type").Select(one => one[0]).ToList();
        return new SpecRequirements
        {
            SharesNodeProcesses = namespaces.Count > 0 && !namespaces.Contains("pid"),
            Devices = [.. spec.Objects(["linux", "devices"], "path").Select(device => device[0]).OfType<string>().Where(IsOfNode)],
            HasTerminal = spec.IsTrue("process", "terminal"),
            RepositoryDigests = spec.Map("annotations").GetValueOrDefault("io.kubernetes.cri-o.ImageRepoDigests"),
        };
    }

    /// <summary>Whether a device is not one of those that every container has.</summary>
    public static bool IsOfNode(string path) =>
        path.StartsWith("/dev/", StringComparison.Ordinal) && !DefaultDevices.Contains(path) && !path.StartsWith("/dev/pts/", StringComparison.Ordinal);
}
