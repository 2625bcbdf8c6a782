using System.Text.Json;
using System.Text.RegularExpressions;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Volumes;

/// <summary>
/// The folder of a node that containers of a pod have as /dev/shm, by the spec that the runtime has put into the archive. containerd:
/// <c>.../io.containerd.grpc.v1.cri/sandboxes/ID/shm</c>; CRI-O: <c>.../overlay-containers/ID/userdata/shm</c>. No other folder is read.
/// </summary>
internal static partial class SharedMemory
{
    /// <summary>The member of an archive with the spec.</summary>
    public const string SpecMember = "spec.dump";

    /// <summary>The path in containers.</summary>
    public const string MountPath = "/dev/shm";

    /// <summary>The folder, or null if the container has none of its pod's own.</summary>
    public static string? Find(string spec)
    {
        try
        {
            using var json = StrictJson.Parse(spec);
            return json.RootElement.Items("mounts").Where(mount => mount.Text("destination") == MountPath)
                .Select(mount => mount.Text("source"))
                .FirstOrDefault(source => source is not null && OfSandbox().IsMatch(source) && !source.Contains("..", StringComparison.Ordinal));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [GeneratedRegex(
        @"^(/[A-Za-z0-9._-]{1,64}){1,12}/(sandboxes/[0-9a-f]{64}/shm|[a-z]{1,16}-containers/[0-9a-f]{64}/userdata/shm)\z", RegexOptions.NonBacktracking)]
    private static partial Regex OfSandbox();
}
