using System.Text.RegularExpressions;

namespace KubeCheckpoint.Cluster.Connections;

/// <summary>
/// Validates names before they become part of an API path, where they are not escaped. The rules are those of Kubernetes:
/// https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
/// </summary>
internal static partial class ResourceName
{
    public const int LabelLength = 63;
    public const int SubdomainLength = 253;

    public static string Namespace(string name) => Check("namespace", name, IsLabel(name));

    public static string Pod(string name) => Check("pod", name, IsSubdomain(name));

    public static string Container(string name) => Check("container", name, IsLabel(name));

    public static string Node(string name) => Check("node", name, IsSubdomain(name));

    public static bool IsLabel(string name) => name.Length <= LabelLength && Label().IsMatch(name);

    public static bool IsSubdomain(string name) => name.Length <= SubdomainLength && name.Split('.').All(part => Label().IsMatch(part));

    private static string Check(string kind, string name, bool isValid) =>
        isValid ? name : throw ConnectionFailure.InvalidName(kind, name);

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Label();
}
