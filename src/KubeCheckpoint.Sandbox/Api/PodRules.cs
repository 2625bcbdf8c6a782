using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.Api;

/// <summary>The part of the API server's validation of pods that the sandbox implements.</summary>
internal static partial class PodRules
{
    private const string SubdomainRule =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character "
        + @"(e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

    private const string LabelRule =
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character "
        + "(e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

    /// <summary>The violations of a pod: field, reason as in the causes of a Status, message.</summary>
    public static IReadOnlyList<(string Field, string Reason, string Message)> Violations(JsonObject pod)
    {
        var found = new List<(string, string, string)>();
        var name = pod.Text("metadata", "name");
        if (name.Length > 253 || !Subdomain().IsMatch(name))
            found.Add(Invalid("metadata.name", name, SubdomainRule));
        if (!pod.Items("spec", "containers").Any())
            found.Add(("spec.containers", "FieldValueRequired", "Required value"));
        HashSet<string> volumes = [.. pod.Items("spec", "volumes").Select(volume => volume.Text("name"))];
        HashSet<string> names = [];
        foreach (var list in (string[])["initContainers", "containers"])
        {
            foreach ((var index, var container) in pod.Items("spec", list).Index())
                found.AddRange(ContainerViolations($"spec.{list}[{index}]", container, volumes, names));
        }
        return found;
    }

    private static IEnumerable<(string Field, string Reason, string Message)> ContainerViolations(
        string field, JsonObject container, HashSet<string> volumes, HashSet<string> names)
    {
        var name = container.Text("name");
        if (name.Length == 0)
            yield return (field + ".name", "FieldValueRequired", "Required value");
        else if (name.Length > 63 || !Label().IsMatch(name))
            yield return Invalid(field + ".name", name, LabelRule);
        else if (!names.Add(name))
            yield return (field + ".name", "FieldValueDuplicate", $"Duplicate value: \"{name}\"");
        if (container.Text("image").Length == 0)
            yield return (field + ".image", "FieldValueRequired", "Required value");
        HashSet<string> paths = [];
        foreach ((var index, var mount) in container.Items("volumeMounts").Index())
        {
            var volume = mount.Text("name");
            if (!volumes.Contains(volume))
                yield return ($"{field}.volumeMounts[{index}].name", "FieldValueNotFound", $"Not found: \"{volume}\"");
            var path = mount.Text("mountPath");
            if (path.Length == 0)
                yield return ($"{field}.volumeMounts[{index}].mountPath", "FieldValueRequired", "Required value");
            else if (!paths.Add(path))
                yield return Invalid($"{field}.volumeMounts[{index}].mountPath", path, "must be unique");
        }
    }

    private static (string Field, string Reason, string Message) Invalid(string field, string value, string rule) =>
        (field, "FieldValueInvalid", $"Invalid value: \"{value}\": {rule}");

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z")]
    private static partial Regex Subdomain();

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?\z")]
    private static partial Regex Label();
}
