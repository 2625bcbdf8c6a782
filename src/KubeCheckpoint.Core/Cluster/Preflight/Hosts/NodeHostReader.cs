using System.Buffers.Binary;
using KubeCheckpoint.Criu.Memory;

namespace KubeCheckpoint.Cluster.Preflight.Hosts;

/// <summary>Reads a <see cref="NodeHost"/> from the output of <see cref="HostScript"/>, which comes from a node and may be malformed.</summary>
internal static class NodeHostReader
{
    private const int PairSize = 16;
    private const int LongestVector = 4096;

    public static NodeHost Read(string output, ReadOnlySpan<byte> auxiliaryVector)
    {
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(line => line.Split(' ', 2))
            .Where(parts => parts.Length == 2)
            .ToLookup(parts => parts[0], parts => parts[1].Trim(), StringComparer.Ordinal);
        var vector = new AuxiliaryVector(Words(auxiliaryVector));
        return new()
        {
            SeesFiles = lines["files"].Any(),
            KernelRelease = lines["kernel"].FirstOrDefault(),
            PageSize = vector.PageSize,
            HardwareCapabilities = vector.HardwareCapabilities,
            HardwareCapabilities2 = vector.HardwareCapabilities2,
            SignalStackSize = vector.SignalStackSize,
            CpuFlags = lines["cpu"].SelectMany(flags => flags.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToHashSet(StringComparer.Ordinal),
            CgroupVersion = lines["cgroup"].Contains("1") ? 1 : lines["cgroup"].Contains("2") ? 2 : null,
            SecurityModule = ModuleOf(lines),
            CriuPath = lines["criu"].Select(PathOnNode).FirstOrDefault(),
            CriuVersion = lines["criuversion"].FirstOrDefault(),
            OciRuntimes = [.. lines["oci"].Distinct(StringComparer.Ordinal)],
            CriuOptions = [.. lines["option"].Select(Option)],
            Configuration = new() { IsRead = lines["config"].Any(), Settings = Settings(lines["setting"]) },
        };
    }

    /// <summary>CRIU looks for AppArmor first (CRIU, criu/lsm.c).</summary>
    private static SecurityModule? ModuleOf(ILookup<string, string> lines)
    {
        if (!lines["kernel"].Any())
            return null;
        return lines["apparmor"].Contains("Y") ? SecurityModule.AppArmor : lines["selinux"].Any() ? SecurityModule.SELinux : SecurityModule.None;
    }

    private static string PathOnNode(string path) => path.StartsWith(HostScript.Root, StringComparison.Ordinal) ? path[HostScript.Root.Length..] : path;

    /// <summary><c>file option</c>, without leading dashes and trailing comments.</summary>
    private static string Option(string line)
    {
        var parts = line.Split(' ', 2);
        return parts.Length == 2 ? $"{parts[0]} {parts[1].Split('#')[0].Trim().TrimStart('-')}" : line;
    }

    private static Dictionary<string, string> Settings(IEnumerable<string> lines)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var parts in lines.Select(line => line.Split('=', 2)).Where(parts => parts.Length == 2))
        {
            var name = parts[0].Trim();
            if (RuntimeConfiguration.Names.Contains(name))
                settings[name] = Value(parts[1]);
        }

        return settings;
    }

    private static string Value(string text)
    {
        text = text.Trim();
        var quote = text.Length > 0 && text[0] is '"' or '\'' ? text[0] : '\0';
        if (quote == '\0')
            return text.Split('#')[0].Trim();
        var end = text.IndexOf(quote, 1);
        return end < 0 ? text[1..] : text[1..end];
    }

    /// <summary>The 64-bit words of the vector, which consists of pairs; none for a program that is not 64-bit.</summary>
    private static ulong[] Words(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length is 0 or > LongestVector || bytes.Length % PairSize != 0)
            return [];
        var words = new ulong[bytes.Length / sizeof(ulong)];
        for (var i = 0; i < words.Length; i++)
            words[i] = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(i * sizeof(ulong))..]);
        return words;
    }
}
