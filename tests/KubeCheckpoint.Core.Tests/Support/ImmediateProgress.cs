namespace KubeCheckpoint.Core.Tests.Support;

/// <summary>Passes reports on immediately; <see cref="Progress{T}"/> would post them to another thread.</summary>
internal sealed class ImmediateProgress(Action<TransferProgress> report) : IProgress<TransferProgress>
{
    public void Report(TransferProgress value) => report(value);
}
