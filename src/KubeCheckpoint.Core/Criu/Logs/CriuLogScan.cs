using System.Globalization;
using System.Text.RegularExpressions;

namespace KubeCheckpoint.Criu.Logs;

/// <summary>
/// Follows what CRIU is working on, by the lines of its log in their order (CRIU 4.2: cr-dump.c, files.c, file-lock.c, sk-inet.c, infect.c).
/// The log comes from a node and contains names of the container: what is kept of it is bounded.
/// </summary>
internal sealed partial class CriuLogScan
{
    private const int MostProcesses = 4096;
    private const int MostSockets = 4096;

    private readonly Dictionary<int, string> _names = [];
    private readonly Dictionary<string, string> _sockets = new(StringComparer.Ordinal);
    private CriuPlace _now = new();
    private CriuPlace? _lock;
    private bool _isLockNext;

    public void Add(CriuLogLine line)
    {
        var text = line.Message;
        if (text.StartsWith("----", StringComparison.Ordinal))
            _now = _now with { Descriptor = null, Subject = null };
        else if (text.StartsWith("Dumping file-locks", StringComparison.Ordinal))
            _now = _lock ?? new();
        else if (text.StartsWith("lockinfo: ", StringComparison.Ordinal))
            _isLockNext = true;
        else if (Task().Match(text) is { Success: true } task)
            StartTask(Number(task, "pid"), task.Groups["name"].Value);
        else if (Descriptor().Match(text) is { Success: true } descriptor)
            StartDescriptor(Number(descriptor, "pid"), Number(descriptor, "fd"));
        else if (Collected().Match(text) is { Success: true } socket && _sockets.Count < MostSockets)
            _sockets[socket.Groups["inode"].Value] = $"{socket.Groups["address"].Value}:{socket.Groups["port"].Value}";
        else if (Searching().Match(text) is { Success: true } searching)
            _now = _now with { Subject = _sockets.GetValueOrDefault(searching.Groups["inode"].Value) };
        else if (PathOf().Match(text) is { Success: true } path && Number(path, "fd") == _now.Descriptor)
            SetPath(path.Groups["path"].Value);
    }

    /// <summary>What an error is about.</summary>
    public CriuPlace PlaceOf(CriuLogLine error)
    {
        var named = OtherTask().Match(error.Message) is { Success: true } other ? Number(other, "pid") : null;
        var id = named ?? error.ProcessId;
        if (id is null || id == _now.ProcessId)
            return _now;
        return new(id, NameOf(id));
    }

    /// <summary>Adds the descriptor that a later error names: <c>Unable to open fd=4 id=0xf</c>.</summary>
    public static CriuPlace Complete(CriuPlace place, CriuLogLine error) =>
        place.Descriptor is null && error.ProcessId == place.ProcessId && Opening().Match(error.Message) is { Success: true } opening
            ? place with { Descriptor = Number(opening, "fd") }
            : place;

    private void StartTask(int? id, string name)
    {
        if (id is { } number && _names.Count < MostProcesses)
            _names[number] = name;
        _now = new(id, name);
    }

    private void StartDescriptor(int? id, int? descriptor)
    {
        _now = new(id, NameOf(id), descriptor);
        if (_isLockNext)
            _lock = _now;
        _isLockNext = false;
    }

    private void SetPath(string path)
    {
        var hasLock = ReferenceEquals(_lock, _now);
        _now = _now with { Subject = path };
        if (hasLock)
            _lock = _now;
    }

    private string? NameOf(int? id) => id is { } number ? _names.GetValueOrDefault(number) : null;

    private static int? Number(Match match, string group) =>
        int.TryParse(match.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    [GeneratedRegex(@"\ADumping (?:task|processes) \(pid: (?<pid>[0-9]{1,10}) comm: (?<name>.{0,32})\)\z", RegexOptions.NonBacktracking)]
    private static partial Regex Task();

    [GeneratedRegex(@"\A(?<pid>[0-9]{1,10}) fdinfo (?<fd>[0-9]{1,10}): ", RegexOptions.CultureInvariant)]
    private static partial Regex Descriptor();

    [GeneratedRegex(
        @"\Ainet: \tCollected: ino 0x(?<inode>[0-9a-f]{1,16}) .* port +(?<port>[0-9]{1,5}) .* src_addr (?<address>[0-9a-fA-F.:]{2,45})\z",
        RegexOptions.NonBacktracking)]
    private static partial Regex Collected();

    [GeneratedRegex(@"\Asockets: Searching for socket 0x(?<inode>[0-9a-f]{1,16}) family ", RegexOptions.CultureInvariant)]
    private static partial Regex Searching();

    [GeneratedRegex(@"\ADumping path for (?<fd>[0-9]{1,10}) fd via self [0-9]{1,10} \[(?<path>.+)\]\z", RegexOptions.NonBacktracking)]
    private static partial Regex PathOf();

    [GeneratedRegex(@"non-zombie (?<pid>[0-9]{1,10}) found|\(pid: (?<pid>[0-9]{1,10})\)", RegexOptions.CultureInvariant)]
    private static partial Regex OtherTask();

    [GeneratedRegex(@"\AUnable to open fd=(?<fd>[0-9]{1,10}) id=", RegexOptions.CultureInvariant)]
    private static partial Regex Opening();
}
