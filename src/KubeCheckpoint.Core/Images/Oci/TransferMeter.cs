namespace KubeCheckpoint.Images.Oci;

/// <summary>An activity whose steps report how many bytes they have read or sent.</summary>
/// <param name="Progress">Receives the reports, or null.</param>
/// <param name="Name">The name of the activity.</param>
/// <param name="Total">The bytes of each step.</param>
internal sealed record TransferActivity(IProgress<TransferProgress>? Progress, string Name, long Total)
{
    /// <summary>Begins a step.</summary>
    public TransferMeter Begin(string step) => new(Progress, Name, step, Total);
}

/// <summary>Counts bytes and reports about once per MiB, so that progress does not cost more than the work.</summary>
internal sealed class TransferMeter(IProgress<TransferProgress>? progress, string activity, string status, long? total)
{
    private const long Step = 1024 * 1024;

    private long _done;
    private long _reported;

    /// <summary>A meter that reports to nobody.</summary>
    public static TransferMeter None { get; } = new(null, "", "", null);

    public void Add(long count)
    {
        _done += count;
        if (_done - _reported >= Step || _done == total)
            Report();
    }

    /// <summary>Continues at an offset; goes back when a part is sent again.</summary>
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
