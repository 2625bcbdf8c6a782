namespace KubeCheckpoint.Criu.Logs;

/// <summary>The error in CRIU's log that explains a failed dump or restore, and what CRIU was working on when it occurred.</summary>
/// <param name="Message">The error.</param>
/// <param name="Diagnosis">What it means, or null if that is not known.</param>
/// <param name="Place">What CRIU was working on.</param>
internal sealed record CriuFinding(string Message, CriuDiagnosis? Diagnosis, CriuPlace Place)
{
    /// <summary>Whether the next dump a moment later may succeed.</summary>
    public bool Passes => Diagnosis?.Kind == CriuMessageKind.PassingCause;

    /// <summary>The finding in a log, or null. A known cause takes precedence over an error that is not known, an earlier one over a later one.</summary>
    public static CriuFinding? In(IEnumerable<string> lines)
    {
        var scan = new CriuLogScan();
        CriuFinding? unknown = null;
        CriuFinding? known = null;
        foreach (var line in lines.Select(CriuLogLine.Parse))
        {
            scan.Add(line);
            if (line.Level != CriuLogLevel.Error)
                continue;
            if (known is not null)
            {
                // While restoring, the descriptor follows the error.
                known = known with { Place = CriuLogScan.Complete(known.Place, line) };
                continue;
            }

            var diagnosis = CriuDiagnoses.Find(line.Message);
            if (diagnosis is null)
                unknown ??= new(line.Message, null, scan.PlaceOf(line));
            else if (diagnosis.Kind is CriuMessageKind.Cause or CriuMessageKind.PassingCause)
                known = new(line.Message, diagnosis, scan.PlaceOf(line));
        }

        return known ?? unknown;
    }
}

/// <summary>What CRIU was working on: a process, a descriptor, and the file or socket behind it. What is not known is null.</summary>
/// <param name="ProcessId">The process, by its number on the node; while restoring, in the container.</param>
/// <param name="ProcessName">Its name, which is at most 15 characters long.</param>
/// <param name="Descriptor">The descriptor.</param>
/// <param name="Subject">The path of the file, or the address of the socket.</param>
internal sealed record CriuPlace(int? ProcessId = null, string? ProcessName = null, int? Descriptor = null, string? Subject = null);
