using System.Diagnostics;

namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>Reports the progress of one transfer.</summary>
/// <param name="progress">Receives the reports, or null.</param>
/// <param name="activity">The name of the activity.</param>
internal sealed class TransferReports(IProgress<TransferProgress>? progress, string activity)
{
    private static readonly TimeSpan BetweenPieces = TimeSpan.FromMilliseconds(100);

    private long _reportedAt;

    /// <summary>Reports at once.</summary>
    public void Report(string? status, long done, long? total) => progress?.Report(new(activity, status, done, total));

    /// <summary>Reports a piece that has arrived, unless another one was reported just before.</summary>
    public void ReportPiece(long done, long total)
    {
        if (Stopwatch.GetElapsedTime(_reportedAt) < BetweenPieces)
            return;
        _reportedAt = Stopwatch.GetTimestamp();
        Report(null, done, total);
    }
}
