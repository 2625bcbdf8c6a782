using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace KubeCheckpoint.Cluster.Preflight.Containers;

/// <summary>Reads <see cref="ContainerFacts"/> from the output of <see cref="ContainerScript"/>. Lines that it does not understand are skipped.</summary>
internal sealed partial class ContainerFactsReader
{
    private readonly bool _isOnNode;
    private readonly List<ContainerProcess> _processes = [];
    private readonly List<TcpSocket> _sockets = [];
    private readonly Dictionary<string, string> _fileSystems = new(StringComparer.Ordinal);
    private readonly List<string> _namespaces = [];
    private readonly Dictionary<int, ContainerDescriptor> _descriptors = [];
    private readonly List<ContainerMapping> _mappings = [];
    private ContainerProcess? _process;
    private bool _hasDescriptors;
    private bool _isWhole;

    private ContainerFactsReader(bool isOnNode) => _isOnNode = isOnNode;

    /// <summary>Reads the output of the script.</summary>
    /// <param name="output">The output.</param>
    /// <param name="isOnNode">Whether it ran on the node: processes then get the IDs that they have in the container.</param>
    public static ContainerFacts Read(string output, bool isOnNode = false)
    {
        var reader = new ContainerFactsReader(isOnNode);
        foreach (var line in output.Split('\n'))
            reader.Add(line.TrimEnd('\r'));
        reader.EndProcess();
        return new() { Processes = reader._processes, Sockets = reader._sockets, FileSystems = reader._fileSystems, IsWhole = reader._isWhole };
    }

    private void Add(string line)
    {
        var at = line.IndexOf(' ', StringComparison.Ordinal);
        if (at < 0)
            return;
        var rest = line[(at + 1)..];
        switch (line[..at])
        {
            case "process":
                EndProcess();
                _process = Number(rest) is { } id ? new ContainerProcess(id) : null;
                break;
            case "end":
                _isWhole = Number(rest) is { } count && !ContainerScript.IsTooMany(count);
                break;
            case "mount" when Mount().Match(rest) is { Success: true } mount:
                _fileSystems[mount.Groups["device"].Value] = mount.Groups["type"].Value;
                break;
            case "tcp" or "tcp6" when Socket().Match(rest) is { Success: true } socket:
                _sockets.Add(SocketOf(socket));
                break;
            default:
                AddToProcess(line[..at], rest);
                break;
        }
    }

    private void AddToProcess(string keyword, string rest)
    {
        if (_process is null)
            return;
        switch (keyword)
        {
            case "status":
                AddStatus(rest);
                break;
            case "exe" when Target(rest) is { } executable:
                _process = _process with { Executable = executable };
                break;
            case "ns" when Target(rest) is { } target:
                _namespaces.Add(target);
                break;
            case "fd":
                AddDescriptor(rest);
                break;
            case "file" when File().Match(rest) is { Success: true } file:
                AddFile(file);
                break;
            case "info" when rest.Split(' ', 2) is [var number, var info] && Number(number) is { } fd && _descriptors.TryGetValue(fd, out var watched):
                _descriptors[fd] = watched with { Info = [.. watched.Info, info] };
                break;
            case "map" when Mapping().Match(rest) is { Success: true } map:
                _mappings.Add(new(map.Groups["path"].Value, Hex(map, "offset") + Hex(map, "end") - Hex(map, "start")));
                break;
        }
    }

    private void AddStatus(string line)
    {
        var value = line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        if (line.StartsWith("Name:", StringComparison.Ordinal))
            _process = _process! with { Name = value };
        else if (line.StartsWith("State:", StringComparison.Ordinal) && value.Length > 0)
            _process = _process! with { State = value[0] };
        else if (line.StartsWith("TracerPid:", StringComparison.Ordinal))
            _process = _process! with { TracerId = Number(value) ?? 0 };
        else if (_isOnNode && line.StartsWith("NSpid:", StringComparison.Ordinal) && value.Split('\t') is [_, var inside, ..] && Number(inside) is { } id)
            _process = _process! with { Id = id };
    }

    private void AddDescriptor(string line)
    {
        _hasDescriptors = true;
        if (Link().Match(line) is { Success: true } link && Number(link.Groups["name"].Value) is { } number)
            _descriptors[number] = new(number, link.Groups["target"].Value);
    }

    private void AddFile(Match file)
    {
        if (Number(file.Groups["name"].Value) is not { } number || !_descriptors.TryGetValue(number, out var descriptor))
            return;
        _descriptors[number] = descriptor with
        {
            Type = file.Groups["type"].Value[0],
            Links = Long(file, "links"),
            Size = Long(file, "size"),
            Device = file.Groups["major"].Success ? ((int)Long(file, "major"), (int)Long(file, "minor")) : null,
        };
    }

    private void EndProcess()
    {
        if (_process is not null)
        {
            _processes.Add(_process with
            {
                Namespaces = [.. _namespaces],
                Descriptors = _hasDescriptors ? [.. _descriptors.Values] : null,
                Mappings = [.. _mappings],
            });
        }

        _namespaces.Clear();
        _descriptors.Clear();
        _mappings.Clear();
        _hasDescriptors = false;
        _process = null;
    }

    private static TcpSocket SocketOf(Match socket)
    {
        var address = Convert.FromHexString(socket.Groups["address"].Value);

        // Words of the machine's byte order, which is little-endian wherever CRIU runs on a node that matters here.
        for (var word = 0; word < address.Length; word += 4)
            Array.Reverse(address, word, 4);
        return new(
            new IPEndPoint(new IPAddress(address), (int)Hex(socket, "port")).ToString(),
            (int)Hex(socket, "state"),
            Hex(socket, "backlog"),
            socket.Groups["inode"].Value);
    }

    private static string? Target(string line) => Link().Match(line) is { Success: true } link ? link.Groups["target"].Value : null;

    private static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static long Long(Match match, string group) =>
        long.TryParse(match.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private static long Hex(Match match, string group) =>
        long.TryParse(match.Groups[group].ValueSpan, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number) ? number : 0;

    [GeneratedRegex(@"\A[0-9]+ [0-9]+ (?<device>[0-9]{1,10}:[0-9]{1,10}) .* - (?<type>[^ ]{1,100}) ", RegexOptions.NonBacktracking)]
    private static partial Regex Mount();

    [GeneratedRegex(
        @"\A +[0-9]+: (?<address>[0-9A-F]{8}|[0-9A-F]{32}):(?<port>[0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} (?<state>[0-9A-F]{2}) "
        + @"[0-9A-F]{8}:(?<backlog>[0-9A-F]{8}) [^ ]+ [^ ]+ +[0-9]+ +[0-9]+ (?<inode>[0-9]{1,20}) ",
        RegexOptions.CultureInvariant)]
    private static partial Regex Socket();

    // "lrwx------ 1 root root 64 Nov 30 22:23 5 -> socket:[5502132]"; the date has three words.
    [GeneratedRegex(@"\Al[^ ]* +[0-9]+ +[^ ]+ +[^ ]+ +[0-9]+ +[^ ]+ +[^ ]+ +[^ ]+ (?<name>[^ ]+) -> (?<target>.*)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Link();

    // "-rw-r--r-- 0 0 0 2000000 Nov 30 22:23 4", and for devices "crw------- 1 0 0 10, 229 Nov 28 02:12 4".
    [GeneratedRegex(
        @"\A(?<type>[^ l])[^ ]{9,10} +(?<links>[0-9]+) +[0-9]+ +[0-9]+ +(?:(?<major>[0-9]{1,4}), +(?<minor>[0-9]{1,8})|(?<size>[0-9]+)) "
        + @"+[^ ]+ +[^ ]+ +[^ ]+ (?<name>[0-9]+)\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex File();

    [GeneratedRegex(
        @"\A(?<start>[0-9a-f]{1,16})-(?<end>[0-9a-f]{1,16}) [^ ]{4} (?<offset>[0-9a-f]{1,16}) [0-9a-f:]+ [0-9]+ +(?<path>.*)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Mapping();
}
