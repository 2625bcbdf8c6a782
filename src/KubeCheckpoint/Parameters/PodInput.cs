using System.Collections;
using System.Globalization;
using System.Management.Automation;
using KubeCheckpoint.Cluster.Pods;

namespace KubeCheckpoint.Parameters;

/// <summary>Pods as a user names them: objects of Get-Pod, items of kubectl's JSON, any objects that name a pod, or names with wildcards.</summary>
/// <param name="Names">The names of pods.</param>
/// <param name="Namespaces">Their namespaces; empty for the default one.</param>
/// <param name="Pod">The pod itself, where it came from Get-Pod.</param>
/// <param name="Source">What came down the pipeline, or the names.</param>
internal sealed record PodInput(string[] Names, string[] Namespaces, Pod? Pod, object Source)
{
    /// <summary>The pods that names stand for.</summary>
    /// <param name="names">Names, with wildcards or without.</param>
    /// <param name="namespaces">Namespaces, with wildcards or without, or null.</param>
    public static IEnumerable<PodInput> From(string[] names, string[]? namespaces) =>
        names.Length == 0 ? [] : [new PodInput(names, namespaces ?? [], null, names.Length == 1 ? names[0] : names)];

    /// <summary>The pods an object of the pipeline stands for: several for kubectl's <c>List</c>.</summary>
    /// <param name="input">The object.</param>
    /// <param name="namespaces">The namespaces of pods whose object does not say one, or null.</param>
    /// <exception cref="KubeCheckpointException">InputNotAPod.</exception>
    public static IEnumerable<PodInput> From(PSObject input, string[]? namespaces)
    {
        if (input.BaseObject is Pod pod)
            return [new PodInput([pod.PodName], [pod.Namespace], pod, pod)];
        if (input.BaseObject is string name)
            return [new PodInput([name], namespaces ?? [], null, name)];
        if (Property(input, "items") is IEnumerable items and not string)
            return items.Cast<object>().SelectMany(item => From(PSObject.AsPSObject(item), namespaces));
        if (NameOf(input) is not { } found)
            throw ParameterFailure.InputNotAPod(input.BaseObject);
        return [new PodInput([found.Name], found.Namespace is { } only ? [only] : namespaces ?? [], null, input)];
    }

    /// <summary>Asks a cluster for the pods.</summary>
    public PodQuery ToQuery() => new() { Names = NamePatterns.From(Names), Namespaces = NamePatterns.From(Namespaces) };

    /// <summary>The manifest of a checkpoint. One that comes from a file or a job has its JSON as text or as an object.</summary>
    public static PodManifest? Manifest(PSObject input) => Property(input, "PodManifest") switch
    {
        null => null,
        PodManifest manifest => manifest,
        PSObject { BaseObject: PodManifest manifest } => manifest,
        var value when Text(PSObject.AsPSObject(value), "Json") is { } json => new PodManifest(json),
        var value => value.ToString() is { Length: > 0 } json ? new PodManifest(json) : null,
    };

    public static string? Text(PSObject input, string name) =>
        Property(input, name)?.ToString() is { Length: > 0 } text ? text : null;

    /// <summary>A time, which is text where the object comes from a file.</summary>
    public static DateTimeOffset? Time(PSObject input, string name) =>
        LanguagePrimitives.TryConvertTo<DateTimeOffset>(Property(input, name), CultureInfo.InvariantCulture, out var time) && time != default ? time : null;

    // A hashtable's keys are what a user means by its properties.
    public static object? Property(PSObject input, string name) =>
        input.BaseObject is IDictionary dictionary
            ? dictionary.Keys.Cast<object>().Where(key => string.Equals(key.ToString(), name, StringComparison.OrdinalIgnoreCase))
                .Select(key => dictionary[key]).FirstOrDefault()
            : input.Properties[name]?.Value;

    // Many things have a Name; with a Namespace it is that of a pod.
    private static (string Name, string? Namespace)? NameOf(PSObject input)
    {
        var ns = Text(input, "Namespace");
        if ((Text(input, "PodName") ?? (ns is null ? null : Text(input, "Name"))) is { } name)
            return (name, ns);
        return Property(input, "metadata") is { } metadata && Text(PSObject.AsPSObject(metadata), "name") is { } metadataName
            ? (metadataName, Text(PSObject.AsPSObject(metadata), "namespace"))
            : null;
    }
}
