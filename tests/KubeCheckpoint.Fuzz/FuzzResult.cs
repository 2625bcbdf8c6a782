using System.Globalization;
using System.Text;

namespace KubeCheckpoint.Fuzz;

/// <summary>What a run has found and measured.</summary>
internal sealed record FuzzResult
{
    public required long Cases { get; init; }

    public required long Calls { get; init; }

    public required long Refusals { get; init; }

    public required TimeSpan Elapsed { get; init; }

    /// <summary>The processor time of all workers.</summary>
    public required TimeSpan ProcessorTime { get; init; }

    public required int Jobs { get; init; }

    /// <summary>How often each reader ran, and how long.</summary>
    public required IReadOnlyDictionary<string, (long Calls, TimeSpan Time)> Readers { get; init; }

    public required IReadOnlyList<(Fault First, long Count)> Faults { get; init; }

    public required (long Case, TimeSpan Time) Slowest { get; init; }

    public required (long Case, long Bytes) Largest { get; init; }

    public required long PeakMemory { get; init; }

    public required IReadOnlyDictionary<string, long> CasesByTarget { get; init; }

    public override string ToString()
    {
        var text = new StringBuilder();
        var rate = Cases / Math.Max(0.001, ProcessorTime.TotalSeconds);
        text.AppendLine(CultureInfo.InvariantCulture, $"{Cases:n0} cases, {Calls:n0} calls of readers, {Refusals:n0} refusals in {Elapsed:hh\\:mm\\:ss} on {Jobs} workers: {rate:n0} cases a second of processor time");
        text.AppendLine(CultureInfo.InvariantCulture, $"slowest: case {Slowest.Case}, {Slowest.Time.TotalMilliseconds:n0} ms; most allocated by one reader: case {Largest.Case}, {Largest.Bytes >> 20} MiB; peak memory of the process: {PeakMemory >> 20} MiB");
        text.AppendLine(string.Join(", ", CasesByTarget.OrderByDescending(target => target.Value).Select(target => $"{target.Key} {target.Value.ToString("n0", CultureInfo.InvariantCulture)}")));
        text.AppendLine(string.Join(", ", Readers.OrderByDescending(reader => reader.Value.Time)
            .Select(reader => $"{reader.Key} {reader.Value.Calls.ToString("n0", CultureInfo.InvariantCulture)} x {(reader.Value.Time / reader.Value.Calls).TotalMicroseconds.ToString("n0", CultureInfo.InvariantCulture)} us")));
        text.AppendLine(CultureInfo.InvariantCulture, $"{Faults.Count} faults");
        foreach (var (first, count) in Faults)
            text.AppendLine(CultureInfo.InvariantCulture, $"  {first.Key}: {count:n0} cases, first {first.Case} ({first.Target}, {first.Reader}): {first.Message.Split('\n')[0]}");
        return text.ToString();
    }
}
