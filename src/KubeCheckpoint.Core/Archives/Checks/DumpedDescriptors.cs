using System.Globalization;
using System.Text.RegularExpressions;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Logs;
using KubeCheckpoint.Criu.Logs;

namespace KubeCheckpoint.Archives.Checks;

/// <summary>Whether processes had descriptors, by the archive's dump.log (CRIU, criu/cr-dump.c and criu/files.c).</summary>
internal sealed partial class DumpedDescriptors
{
    private const int ProcessCost = 40;

    private readonly Dictionary<uint, bool> _known = [];
    private uint? _process;
    private bool _isInFiles;

    /// <summary>Reads the log; without one, nothing is known.</summary>
    public static DumpedDescriptors Read(CheckpointContent content, CancellationToken cancellationToken)
    {
        var descriptors = new DumpedDescriptors();
        if (content.Find("dump.log") is not { } member)
            return descriptors;
        using var log = content.OpenMember(member);
        foreach (var line in LogLine.Read(log, cancellationToken))
        {
            var known = descriptors._known.Count;
            descriptors.Add(CriuLogLine.Parse(line.Text).Message);
            if (descriptors._known.Count > known)
                content.Archive.Budget.DrawMemory(ProcessCost, "the processes in the log", member.Name);
        }
        return descriptors;
    }

    /// <summary>Whether a process had descriptors; null where the log does not say.</summary>
    public bool? Had(uint process) => _known.TryGetValue(process, out var had) ? had : null;

    private void Add(string message)
    {
        if (Process().Match(message) is { Success: true } found)
            (_process, _isInFiles) = (uint.TryParse(found.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null, false);
        else if (message.StartsWith("Dumping opened files", StringComparison.Ordinal))
            _isInFiles = _process is { } process && _known.TryAdd(process, false);
        else if (message.StartsWith("Dumping pages", StringComparison.Ordinal))
            _isInFiles = false;
        else if (_isInFiles && Descriptor().IsMatch(message))
            _known[_process!.Value] = true;
    }

    // The ids in the process's own PID namespace.
    [GeneratedRegex(@"^sid=[0-9]+ pgid=[0-9]+ pid=([0-9]{1,10})$", RegexOptions.NonBacktracking)]
    private static partial Regex Process();

    [GeneratedRegex(@"^[0-9]+ fdinfo [0-9]+: ", RegexOptions.NonBacktracking)]
    private static partial Regex Descriptor();
}
