using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.State;

/// <summary>
/// Containers whose command prints a random text and an increasing number. No container of the sandbox runs, but these are recognized by
/// their command, and their logs have what they would print. One step of the sandbox is a second of theirs.
/// </summary>
internal sealed class CountingContainers(TimeSpan step)
{
    private const string Telling = "/proc/sys/kernel/random/uuid";

    private readonly ConcurrentDictionary<string, Count> _counts = new();
    private readonly ConcurrentDictionary<string, Count> _checkpoints = new();

    public static bool IsOne(JsonObject container) =>
        (container["command"] as JsonArray ?? []).Any(word => word.Text().Contains(Telling, StringComparison.Ordinal));

    /// <summary>A container starts from the beginning.</summary>
    public void Start(string id) => _counts[id] = new Count(Guid.NewGuid(), 0, DateTimeOffset.UtcNow);

    /// <summary>A container continues from the checkpoint of another.</summary>
    public void Restore(string id, string checkpointed)
    {
        if (_checkpoints.TryGetValue(checkpointed, out var count))
            _counts[id] = count with { Since = DateTimeOffset.UtcNow };
    }

    public void Checkpoint(string id)
    {
        if (_counts.TryGetValue(id, out var count))
            _checkpoints[id] = count with { From = Number(count) };
    }

    /// <summary>The last lines that a container printed; empty if it is not a counting container.</summary>
    public string Log(string id, int lines)
    {
        if (!_counts.TryGetValue(id, out var count))
            return "";
        var last = Number(count);
        var first = Math.Max(1, last - lines + 1);
        return string.Concat(Enumerable.Range(first, last - first + 1)
            .Select(number => string.Create(CultureInfo.InvariantCulture, $"{count.Id} {number}\n")));
    }

    private int Number(Count count) => count.From + 1 + (int)((DateTimeOffset.UtcNow - count.Since) / step);

    private sealed record Count(Guid Id, int From, DateTimeOffset Since);
}
