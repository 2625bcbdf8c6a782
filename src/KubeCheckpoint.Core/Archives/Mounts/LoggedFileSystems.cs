using System.Globalization;
using System.Text.RegularExpressions;
using KubeCheckpoint.Archives.Contents;

namespace KubeCheckpoint.Archives.Mounts;

/// <summary>
/// The file systems of mounts as CRIU's log names them: <c>type ext4 source /dev/vda mnt_id 557 s_dev 0xfe00000 ...</c> (CRIU,
/// criu/proc_parse.c, since 2.0). The mounts come early in a log.
/// </summary>
internal sealed partial class LoggedFileSystems(CheckpointContent content)
{
    // CRI-O's logs have about 100 KiB; much larger ones are not read.
    private const long LargestLog = 8 * 1024 * 1024;
    private const int LongestLine = 64 * 1024;

    private Dictionary<(long, uint), string>? _types;

    /// <summary>The file system of a mount, or null where the log does not name it.</summary>
    public string? Of(long mountId, uint device) => (_types ??= Read()).GetValueOrDefault((mountId, device));

    private Dictionary<(long, uint), string> Read()
    {
        var types = new Dictionary<(long, uint), string>();
        if (content.Find("dump.log") is not { Size: <= LargestLog } member)
            return types;
        using var log = new StreamReader(content.OpenMember(member));
        while (log.ReadLine() is { } line)
        {
            if (line.Length <= LongestLine && MountLine().Match(line) is { Success: true } match && DeviceOf(match) is { } device
                && long.TryParse(match.Groups["id"].ValueSpan, CultureInfo.InvariantCulture, out var id))
            {
                types.TryAdd((id, device), match.Groups["type"].Value);
            }
        }
        return types;
    }

    private static uint? DeviceOf(Match match) =>
        uint.TryParse(match.Groups["device"].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var device) ? device : null;

    [GeneratedRegex(@"^\([0-9.]+\)\s+type (?<type>\S{1,64}) source .* mnt_id (?<id>\d{1,10}) s_dev 0x(?<device>[0-9a-f]{1,8}) ", RegexOptions.NonBacktracking)]
    private static partial Regex MountLine();
}
