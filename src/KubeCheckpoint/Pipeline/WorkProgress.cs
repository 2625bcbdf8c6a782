using System.Diagnostics;
using System.Management.Automation;
using KubeCheckpoint.Formatting;

namespace KubeCheckpoint.Pipeline;

/// <summary>The progress bar of one piece of work.</summary>
internal sealed class WorkProgress(PipelineOutput output, int activityId) : IProgress<TransferProgress>, IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly Stopwatch _sinceLast = new();
    private TransferProgress? _last;

    public void Report(TransferProgress value)
    {
        if (IsSameStep(value) && _sinceLast.Elapsed < Interval)
            return;

        _last = value;
        _sinceLast.Restart();
        output.Report(new ProgressRecord(activityId, Display.Printable(value.Activity)!, Display.Printable(StatusText(value))!)
        {
            PercentComplete = value.Total is > 0 ? (int)Math.Min(100, value.Done * 100.0 / value.Total.Value) : -1,
        });
    }

    public void Dispose()
    {
        if (_last is not null)
            output.Report(new ProgressRecord(activityId, Display.Printable(_last.Activity)!, " ") { RecordType = ProgressRecordType.Completed });
    }

    private bool IsSameStep(TransferProgress value) => value.Activity == _last?.Activity && value.Status == _last.Status;

    // ProgressRecord refuses an empty status.
    private static string StatusText(TransferProgress value)
    {
        var amount = value switch
        {
            { Total: { } total } => $"{Bytes(value.Done)} of {Bytes(total)}",
            { Done: > 0 } => Bytes(value.Done),
            _ => null,
        };
        return string.Join(", ", new[] { value.Status, amount }.Where(text => !string.IsNullOrEmpty(text))) is { Length: > 0 } text ? text : " ";
    }

    private static string Bytes(long count) => Display.Size(count);
}
