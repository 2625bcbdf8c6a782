using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Ownership;

/// <summary>The labels and annotations of what the module creates for itself in a cluster.</summary>
internal static class OwnerMarks
{
    /// <summary>The beginning of their names.</summary>
    public const string Prefix = "kubecheckpoint.io/";

    /// <summary>The label of every object that is to go again: its value is the role.</summary>
    public const string Role = Prefix + "role";

    /// <summary>The label with the name of the cmdlet.</summary>
    public const string Cmdlet = Prefix + "cmdlet";

    /// <summary>The annotation with the instant from which the object is nobody's.</summary>
    public const string Expires = Prefix + "expires";

    /// <summary>The annotation with the seconds from the creation to that instant: the clock of the client may be wrong.</summary>
    public const string Lifetime = Prefix + "lifetime-seconds";

    /// <summary>The annotation of what the user asked to keep: only the user removes it.</summary>
    public const string Kept = Prefix + "kept";

    /// <summary>The annotation of a pod that is to replace another one: that one's name and uid, separated by a slash.</summary>
    public const string Replaces = Prefix + "replaces";

    /// <summary>The annotation of a helper pod that archives on its node may be marked with: they go before the pod.</summary>
    public const string Claims = Prefix + "claims";

    /// <summary>The annotation with which a user asks for a command before a move of the pod.</summary>
    public const string BeforeMove = Prefix + "before-move";

    /// <summary>The annotation with which a user asks for a command after a move of the pod.</summary>
    public const string AfterMove = Prefix + "after-move";

    /// <summary>The annotation with the container that these commands run in.</summary>
    public const string HookContainer = Prefix + "hook-container";

    public const string User = Prefix + "user";
    public const string Host = Prefix + "host";
    public const string Machine = Prefix + "machine";
    public const string Process = Prefix + "process";
    public const string ProcessStart = Prefix + "process-start";
    public const string Session = Prefix + "session";

    private static readonly string[] AnnotationNames = [User, Host, Machine, Process, ProcessStart, Session, Expires, Lifetime, Kept, Replaces];

    private const string ManagedByLabel = "app.kubernetes.io/managed-by";

    /// <summary>Whether a label or annotation is one that the module sets.</summary>
    public static bool IsOne(string key) =>
        key.StartsWith(Prefix, StringComparison.Ordinal) && key is not (BeforeMove or AfterMove or HookContainer);

    /// <summary>The labels of an object that is the module's altogether.</summary>
    public static Dictionary<string, string> OfOwnObject(string role) => new()
    {
        [WellKnownNames.AppLabel] = WellKnownNames.Module,
        [WellKnownNames.ComponentLabel] = role,
        [ManagedByLabel] = WellKnownNames.Module,
    };

    /// <summary>A merge patch that removes all of them from an object, unless another one has its name by now.</summary>
    /// <param name="uid">The object's uid.</param>
    public static JsonObject Removal(string? uid) => new()
    {
        ["metadata"] = new JsonObject { ["uid"] = uid, ["labels"] = Nulls(Role, Cmdlet), ["annotations"] = Nulls(AnnotationNames) },
    };

    /// <summary>Adds labels and annotations to an object's metadata.</summary>
    public static void Add(JsonObject metadata, IEnumerable<KeyValuePair<string, string>> labels, IEnumerable<KeyValuePair<string, string>> annotations)
    {
        foreach (var (key, value) in labels)
            metadata.Child("labels")[key] = value;
        foreach (var (key, value) in annotations)
            metadata.Child("annotations")[key] = value;
    }

    private static JsonObject Nulls(params IEnumerable<string> names) => new(names.Select(name => KeyValuePair.Create(name, (JsonNode?)null)));
}
