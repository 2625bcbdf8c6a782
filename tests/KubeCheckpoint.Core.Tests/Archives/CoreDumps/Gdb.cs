using System.Text.RegularExpressions;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Archives.CoreDumps;

/// <summary>Opens core files with gdb.</summary>
internal static partial class Gdb
{
    /// <summary>Runs commands on a core file. The files of this machine are hidden, because they are not those that the process had mapped.</summary>
    /// <returns>The output of each command.</returns>
    public static (List<string> Answers, List<string> Warnings) Ask(string core, params string[] commands) =>
        AskWith(Tools.Gdb, "/nonexistent", core, commands);

    /// <summary>Runs commands on a core file, with the files of a folder in place of those that the process had mapped.</summary>
    public static (List<string> Answers, List<string> Warnings) AskWith(string gdb, string root, string core, params string[] commands)
    {
        string[] settings =
        [
            $"set sysroot {root}", "set debuginfod enabled off", "set width 0", "set print repeats unlimited", "set print elements unlimited",
        ];
        var (output, errors) = Tools.Run(
            gdb,
            [
                "-nx", "-batch", .. settings.SelectMany(setting => new[] { "-iex", setting }), "-iex", $"core-file {core}",
                .. commands.SelectMany(command => new[] { "-ex", "echo @@@@\\n", "-ex", command }),
            ]);
        return ([.. output.Split("@@@@\n")[1..]], [.. errors.Split('\n').Where(line => line.Contains("warning", StringComparison.OrdinalIgnoreCase))]);
    }

    /// <summary>The output of "thread apply all", by thread ID.</summary>
    public static Dictionary<int, string> ByThread(string answer)
    {
        var parts = ThreadHeading().Split(answer);
        return Enumerable.Range(0, parts.Length / 2).ToDictionary(i => int.Parse(parts[i * 2 + 1]), i => parts[i * 2 + 2].Trim());
    }

    /// <summary>The numbers between braces, such as those of a vector register.</summary>
    public static IEnumerable<ulong> Vector(string answer) =>
        answer[(answer.IndexOf('{') + 1)..answer.IndexOf('}')].Split(", ").Select(Number);

    /// <summary>A number in C syntax.</summary>
    public static ulong Number(string text) => text.StartsWith("0x", StringComparison.Ordinal) ? Convert.ToUInt64(text, 16) : ulong.Parse(text);

    [GeneratedRegex(@"^Thread \d+ \(LWP (\d+)\):\n", RegexOptions.Multiline)]
    private static partial Regex ThreadHeading();
}
