namespace KubeCheckpoint.Archives.Exports;

/// <summary>Reports the progress of an export of memory.</summary>
internal sealed class MemoryMeter(IProgress<TransferProgress>? progress, string activity, long total)
{
    private const long Step = 8 * 1024 * 1024;

    private long _done;
    private long _reported;

    public void Add(long count)
    {
        _done += count;
        if (_done - _reported < Step)
            return;
        _reported = _done;
        progress?.Report(new TransferProgress(activity, null, _done, total));
    }
}
