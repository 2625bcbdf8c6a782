using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.State;

namespace KubeCheckpoint.Sandbox.Api;

/// <summary>The pod security admission, as far as hostPath volumes go.</summary>
internal static class PodSecurity
{
    private const string EnforceLabel = "pod-security.kubernetes.io/enforce";

    /// <summary>Why a namespace does not take a pod; null when it does. By default <c>baseline</c> may hold where the namespace says nothing.</summary>
    public static string? Violation(JsonObject pod, JsonObject ns, bool enforcedByDefault)
    {
        string level = ns.Text("metadata", "labels", EnforceLabel);
        if (level.Length == 0)
        {
            level = enforcedByDefault ? "baseline" : "privileged";
        }

        List<string> volumes =
        [
            .. pod.Items("spec", "volumes").Where(volume => volume["hostPath"] is not null).Select(volume => $"\"{volume.Text("name")}\""),
        ];
        if (level == "privileged" || volumes.Count == 0)
        {
            return null;
        }

        string noun = volumes.Count == 1 ? "volume" : "volumes";
        return $"violates PodSecurity \"{level}:latest\": hostPath volumes ({noun} {string.Join(", ", volumes)})";
    }
}
