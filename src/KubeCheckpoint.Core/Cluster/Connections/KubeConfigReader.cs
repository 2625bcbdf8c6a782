using k8s.KubeConfigModels;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace KubeCheckpoint.Cluster.Connections;

/// <summary>
/// Reads a kubeconfig into the client's model. The client's own reader first prepares all types of the Kubernetes API for YAML, which takes
/// longer than the rest of a first command.
/// </summary>
internal static class KubeConfigReader
{
    /// <summary>Reads a file, or returns null where it holds nothing.</summary>
    public static K8SConfiguration? Read(string file)
    {
        var deserializer = new DeserializerBuilder()
            .WithNamingConvention(CamelCaseNamingConvention.Instance)
            .WithAttemptingUnquotedStringTypeDeserialization()
            .IgnoreUnmatchedProperties()
            .Build();
        using var reader = File.OpenText(file);
        return deserializer.Deserialize<K8SConfiguration?>(reader);
    }
}
