namespace KubeCheckpoint.Cluster.Stages;

/// <summary>Shows the steps of a long work under one name: the step is what each would call itself.</summary>
/// <param name="activity">The name of the whole.</param>
/// <param name="inner">Is told.</param>
internal sealed class StageProgress(string activity, IProgress<TransferProgress> inner) : IProgress<TransferProgress>
{
    public void Report(TransferProgress value)
    {
        var status = string.Join(": ", new[] { value.Activity, value.Status }.Where(text => !string.IsNullOrEmpty(text)));
        inner.Report(value with { Activity = activity, Status = status });
    }
}
