using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.State;

/// <summary>The emulated programs of the sandbox, and what their checkpoints contain.</summary>
internal sealed class WriterList
{
    private readonly ConcurrentDictionary<string, string> _declared = new();
    private readonly ConcurrentDictionary<string, WriterCheckpoint> _checkpoints = new();
    private readonly ConcurrentDictionary<string, WriterCheckpoint> _restored = new();
    private readonly ConcurrentQueue<EmulatedWriter> _writers = new();

    /// <summary>What all have done, in the order of their starts.</summary>
    public IReadOnlyList<SandboxWriter> Results => [.. _writers.Select(writer => writer.Result)];

    /// <summary>Declares that a container runs such a program.</summary>
    /// <param name="container">namespace/pod/container.</param>
    /// <param name="file">The file that it appends to; empty for none.</param>
    public void Declare(string container, string file) => _declared[container] = file;

    /// <summary>Starts the program of a container, if it has one.</summary>
    public EmulatedWriter? Start(JsonObject pod, JsonObject container, NodeState node, string id)
    {
        var start = new SandboxWriter(pod.Text("metadata", "namespace"), pod.Text("metadata", "name"), container.Text("name"), node.Name, id);
        if (!_restored.TryGetValue(id, out var checkpoint))
        {
            if (!_declared.TryGetValue($"{start.Namespace}/{start.PodName}/{start.ContainerName}", out var file))
                return null;
            checkpoint = new WriterCheckpoint(0, file, 0);
        }
        var writer = new EmulatedWriter(
            start with { RestoredWith = checkpoint.Acknowledged, Acknowledged = checkpoint.Acknowledged },
            checkpoint.File,
            HostMount.FileOf(pod, container, node, checkpoint.File)?.FullName);
        _writers.Enqueue(writer);
        return writer;
    }

    public void Checkpoint(string id, EmulatedWriter writer) => _checkpoints[id] = writer.Checkpoint();

    /// <summary>What a checkpoint of a container contains; null if it runs no such program.</summary>
    public WriterCheckpoint? Find(string checkpointed) => _checkpoints.GetValueOrDefault(checkpointed);

    /// <summary>Lets a container continue from the checkpoint of another; false if that ran no such program.</summary>
    public bool Restore(string id, string checkpointed)
    {
        if (Find(checkpointed) is { } checkpoint)
            _restored[id] = checkpoint;
        return _restored.ContainsKey(id);
    }

    /// <summary>Lets a container that is started again begin where the one before it did.</summary>
    public void Restart(string id, string previous)
    {
        if (_restored.TryGetValue(previous, out var checkpoint))
            _restored[id] = checkpoint;
    }
}
