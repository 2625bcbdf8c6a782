using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.State;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.Api;

/// <summary>Pod security admission: hostPID and hostPath, and what <c>restricted</c> requires of each container.</summary>
internal static class PodSecurity
{
    private const string EnforceLabel = "pod-security.kubernetes.io/enforce";
    private const string Privileged = "privileged";

    private static readonly Dictionary<string, string> RestrictedRules = new()
    {
        ["allowPrivilegeEscalation != false"] = "must set securityContext.allowPrivilegeEscalation=false",
        ["unrestricted capabilities"] = "must set securityContext.capabilities.drop=[\"ALL\"]",
        ["runAsNonRoot != true"] = "must set securityContext.runAsNonRoot=true",
        ["seccompProfile"] = "must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"",
    };

    /// <summary>Why a namespace refuses a pod; null if it accepts it. <c>baseline</c> can be enforced in namespaces without a label.</summary>
    public static string? Violation(JsonObject pod, JsonObject ns, bool enforcedByDefault)
    {
        var level = ns.Text("metadata", "labels", EnforceLabel);
        if (level.Length == 0)
            level = enforcedByDefault ? "baseline" : Privileged;
        if (level == Privileged)
            return null;
        List<string> violations = [.. HostProcesses(pod), .. HostPaths(pod), .. level == "restricted" ? Restricted(pod) : []];
        return violations.Count == 0 ? null : $"violates PodSecurity \"{level}:latest\": {string.Join(", ", violations)}";
    }

    private static IEnumerable<string> HostProcesses(JsonObject pod) => pod.Flag("spec", "hostPID") ? ["host namespaces (hostPID=true)"] : [];

    private static IEnumerable<string> HostPaths(JsonObject pod)
    {
        List<string> volumes =
        [
            .. pod.Items("spec", "volumes").Where(volume => volume["hostPath"] is not null).Select(volume => $"\"{volume.Text("name")}\""),
        ];
        if (volumes.Count > 0)
            yield return $"hostPath volumes ({(volumes.Count == 1 ? "volume" : "volumes")} {string.Join(", ", volumes)})";
    }

    private static IEnumerable<string> Restricted(JsonObject pod)
    {
        foreach ((var rule, var remedy) in RestrictedRules)
        {
            List<string> broken =
            [
                .. PodDefaults.Containers(pod).Where(container => !Keeps(pod, container, rule)).Select(container => $"\"{container.Text("name")}\""),
            ];
            if (broken.Count > 0)
            {
                var who = rule.StartsWith("run", StringComparison.Ordinal) || rule.StartsWith("sec", StringComparison.Ordinal) ? "pod or " : "";
                yield return $"{rule} ({who}{(broken.Count == 1 ? "container" : "containers")} {string.Join(", ", broken)} {remedy})";
            }
        }
    }

    private static bool Keeps(JsonObject pod, JsonObject container, string rule)
    {
        var own = container.At("securityContext");
        var whole = pod.At("spec", "securityContext");
        return rule switch
        {
            "allowPrivilegeEscalation != false" => own.At("allowPrivilegeEscalation") is { } value && !value.GetValue<bool>(),
            "unrestricted capabilities" => (own.At("capabilities", "drop") as JsonArray)?.Any(item => item.Text() == "ALL") == true,
            "runAsNonRoot != true" => own.Flag("runAsNonRoot") || whole.Flag("runAsNonRoot"),
            _ => (own.Text("seccompProfile", "type") is { Length: > 0 } type ? type : whole.Text("seccompProfile", "type")) is "RuntimeDefault" or "Localhost",
        };
    }
}
