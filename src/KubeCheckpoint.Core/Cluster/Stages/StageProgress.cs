namespace KubeCheckpoint.Cluster.Stages;

/// <summary>Shows the steps of a long operation under one activity.</summary>
/// <param name="activity">The name of the operation.</param>
/// <param name="inner">Receives the reports.</param>
internal sealed class StageProgress(string activity, IProgress<TransferProgress> inner) : IProgress<TransferProgress>
{
    public void Report(TransferProgress value)
    {
        var status = string.Join(": ", new[] { value.Activity, value.Status }.Where(text => !string.IsNullOrEmpty(text)));
        inner.Report(value with { Activity = activity, Status = status });
    }
}
