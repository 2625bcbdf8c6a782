using System.Text.RegularExpressions;

namespace KubeCheckpoint.Cluster.Preflight.Hosts;

/// <summary>An option of CRIU as a line of its configuration files. The OCI runtime names its file to CRIU, whose options replace the runtime's own.</summary>
/// <param name="Name">The name without dashes, such as <c>tcp-established</c>.</param>
/// <param name="Value">The value, or null for a switch.</param>
public sealed partial record CriuOption(string Name, string? Value = null)
{
    internal const string TcpEstablished = "tcp-established";
    internal const string TcpClose = "tcp-close";
    internal const string SkipInFlight = "skip-in-flight";
    internal const string FileLocks = "file-locks";
    internal const string GhostLimit = "ghost-limit";
    internal const string WatchedFolder = "irmap-scan-path";

    /// <summary>The options that can be written, each with what it is for.</summary>
    public static IReadOnlyList<(string Text, string Purpose)> Known { get; } =
    [
        (TcpEstablished, "checkpoints processes with established TCP connections"),
        (TcpClose, "restores them with these connections closed: clients reconnect"),
        (SkipInFlight, "leaves out connections that a listener has not accepted yet"),
        (FileLocks, "checkpoints and restores file locks; CRI-O asks for it by itself"),
        ("link-remap", "checkpoints files that were deleted and have another name"),
        ($"{GhostLimit} 300M", "the largest deleted file that is stored in a checkpoint; CRIU's default is 1M"),
        ($"{WatchedFolder} /app", "a folder of the image whose files a process watches (inotify); may be given for several folders"),
    ];

    /// <summary>The options without which a container with open TCP connections cannot be checkpointed.</summary>
    internal static IReadOnlyList<CriuOption> ForConnections { get; } = [new(TcpEstablished), new(TcpClose), new(SkipInFlight)];

    /// <summary>The options that let a busy pod be checkpointed and restored anywhere. CRI-O passes file-locks by itself.</summary>
    /// <param name="runtimeName">The runtime's name.</param>
    public static IReadOnlyList<CriuOption> Proposed(string? runtimeName) => runtimeName == "cri-o"
        ? ForConnections
        : [.. ForConnections, new(FileLocks)];

    /// <summary>Parses an option, with or without leading dashes; null for one that is not known, or whose value is missing or not valid.</summary>
    /// <param name="text">The option, with its value after a space or an equals sign.</param>
    public static CriuOption? Parse(string text)
    {
        var parts = text.Trim().TrimStart('-').Split([' ', '\t', '='], 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (parts.Length == 0 || !Known.Any(known => known.Text.Split(' ')[0] == parts[0]))
            return null;
        var isValid = parts[0] switch
        {
            GhostLimit => parts.Length == 2 && Size().IsMatch(parts[1]),
            WatchedFolder => parts.Length == 2 && Folder().IsMatch(parts[1]),
            _ => parts.Length == 1,
        };
        return isValid ? new(parts[0], parts.ElementAtOrDefault(1)) : null;
    }

    /// <summary>
    /// Whether a configuration file sets the option to this value. The last line about an option counts, except for watched folders, of which there may
    /// be several; <c>no-NAME</c> switches an option off.
    /// </summary>
    /// <param name="lines">The file's lines.</param>
    public bool IsSetBy(IEnumerable<string> lines)
    {
        var isSet = false;
        foreach (var line in lines)
        {
            // CRIU puts two dashes before the first word of each line.
            var words = line.Split('#')[0].Split([' ', '\t', '=', '\r'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0)
                continue;
            if (words[0] == Name)
                isSet = Value is null || words.ElementAtOrDefault(1)?.Trim('"') == Value || (isSet && Name == WatchedFolder);
            else if (words[0] == $"no-{Name}")
                isSet = false;
        }

        return isSet;
    }

    /// <summary>The line that sets it.</summary>
    public override string ToString() => Value is null ? Name : $"{Name} {Value}";

    [GeneratedRegex("^[0-9]{1,12}[KMG]?$")]
    private static partial Regex Size();

    // CRIU's parser takes quotes and escapes apart: such paths are left out.
    [GeneratedRegex(@"^(/[A-Za-z0-9._+@-]+)+/?$")]
    private static partial Regex Folder();
}
