using System.Collections;
using System.Management.Automation;

namespace KubeCheckpoint.Parameters;

/// <summary>A pod as it came down the pipeline: one of ours, an item of kubectl's JSON, or any object that names a pod.</summary>
/// <param name="Namespace">The namespace, or null for the default one.</param>
/// <param name="PodName">The pod's name.</param>
/// <param name="Pod">The pod itself, where it is one of ours.</param>
/// <param name="Source">What came down the pipeline.</param>
internal sealed record PodInput(string? Namespace, string PodName, Pod? Pod, object Source)
{
    /// <summary>The pods an object stands for: several for kubectl's <c>List</c>.</summary>
    public static IEnumerable<PodInput> From(PSObject input)
    {
        if (input.BaseObject is Pod pod)
            return [new PodInput(pod.Namespace, pod.PodName, pod, pod)];
        if (input.BaseObject is string name)
            return [new PodInput(null, name, null, name)];
        if (Property(input, "items") is IEnumerable items and not string)
            return items.Cast<object>().SelectMany(item => From(PSObject.AsPSObject(item)));
        if (Text(input, "PodName") is { } podName)
            return [new PodInput(Text(input, "Namespace"), podName, null, input)];
        if (Property(input, "metadata") is { } metadata && Text(PSObject.AsPSObject(metadata), "name") is { } metadataName)
            return [new PodInput(Text(PSObject.AsPSObject(metadata), "namespace"), metadataName, null, input)];
        throw ParameterFailure.InputNotAPod(input.BaseObject);
    }

    public static string? Text(PSObject input, string name) =>
        Property(input, name)?.ToString() is { Length: > 0 } text ? text : null;

    // A hashtable's keys are what a user means by its properties.
    public static object? Property(PSObject input, string name) =>
        input.BaseObject is IDictionary dictionary
            ? dictionary.Keys.Cast<object>().Where(key => string.Equals(key.ToString(), name, StringComparison.OrdinalIgnoreCase))
                .Select(key => dictionary[key]).FirstOrDefault()
            : input.Properties[name]?.Value;
}
