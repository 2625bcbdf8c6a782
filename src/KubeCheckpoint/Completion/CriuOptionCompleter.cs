using KubeCheckpoint.Cluster.Preflight.Hosts;

namespace KubeCheckpoint.Completion;

/// <summary>Completes CRIU's options that Initialize-CheckpointNode can write.</summary>
public sealed class CriuOptionCompleter : ListCompleter
{
    private static readonly CompletionItem[] Options = [.. CriuOption.Known.Select(option => new CompletionItem(option.Text, option.Purpose))];

    private protected override CompletionList Prepare(CompletionInput input) => new("", _ => Task.FromResult<IReadOnlyList<CompletionItem>>(Options));
}
