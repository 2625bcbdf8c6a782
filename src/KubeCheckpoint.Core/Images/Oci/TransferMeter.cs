namespace KubeCheckpoint.Images.Oci;

/// <summary>Counts bytes and reports about once a MiB, so that progress does not cost more than the work.</summary>
internal sealed class TransferMeter(IProgress<TransferProgress>? progress, string activity, string status, long? total)
{
    private const long Step = 1024 * 1024;

    private long _done;
    private long _reported;

    /// <summary>One that nobody looks at.</summary>
    public static TransferMeter None { get; } = new(null, "", "", null);

    public void Add(long count)
    {
        _done += count;
        if (_done - _reported >= Step || _done == total)
            Report();
    }

    /// <summary>Goes on from an offset, back when a part is sent once more.</summary>
    public void GoTo(long offset)
    {
        _done = offset;
        Report();
    }

    private void Report()
    {
        _reported = _done;
        progress?.Report(new TransferProgress(activity, status, _done, total));
    }
}
