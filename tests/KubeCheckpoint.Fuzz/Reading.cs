using System.Diagnostics;

namespace KubeCheckpoint.Fuzz;

/// <summary>The readers' work on one case: what it cost, and what it did wrong.</summary>
internal sealed class Reading(long number, string target, Workplace place)
{
    private readonly List<Fault> _faults = [];

    public IReadOnlyList<Fault> Faults => _faults;

    public Workplace Place => place;

    /// <summary>The size of the input, for the time and allocation that are allowed.</summary>
    public long InputSize { get; set; }

    public long Calls { get; private set; }

    public long Refusals { get; private set; }

    /// <summary>The time of all readers, without that for making the input.</summary>
    public TimeSpan Time { get; private set; }

    /// <summary>The most that one reader allocated, in bytes.</summary>
    public long Allocated { get; private set; }

    public void Fail(string reader, string kind, string message) => _faults.Add(new Fault(number, target, reader, kind, "", message));

    /// <summary>Runs a reader: a result, or a failure of the module, in bounded time and memory.</summary>
    /// <returns>Whether there was a result.</returns>
    public bool Try(string reader, Action read)
    {
        Calls++;
        place.Reader = reader;
        var before = GC.GetAllocatedBytesForCurrentThread();
        var started = Stopwatch.GetTimestamp();
        var succeeded = Run(reader, read);
        var time = Stopwatch.GetElapsedTime(started);
        Time += time;
        place.Add(reader, time);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Allocated = Math.Max(Allocated, allocated);
        if (allocated > FuzzLimits.Allocation + FuzzLimits.AllocationPerByte * InputSize)
            Fail(reader, "allocation", $"{allocated >> 20} MiB for an input of {InputSize} bytes");
        return succeeded;
    }

    private bool Run(string reader, Action read)
    {
        try
        {
            read();
            return true;
        }
        catch (KubeCheckpointException failure)
        {
            Refusals++;
            if (failure.RecommendedAction.Length == 0 || failure.ErrorId.Length == 0)
                Fail(reader, "no advice", failure.ToString());
            if (failure.Message.Any(character => char.IsControl(character) && character is not ('\n' or '\r' or '\t')))
                Fail(reader, "control characters", failure.Message);
        }
        catch (OperationCanceledException) when (place.Token.IsCancellationRequested)
        {
            Fail(reader, "time", $"no end after {FuzzLimits.Cancel.TotalSeconds:n0} s");
            place.Begin();
        }
        catch (Exception exception) when (exception is not OutOfMemoryException and not UnreachableException)
        {
            _faults.Add(Fault.Of(number, target, reader, exception));
        }
        return false;
    }
}
