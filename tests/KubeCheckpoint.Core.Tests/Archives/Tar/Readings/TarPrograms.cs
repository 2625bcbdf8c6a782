using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Archives.Tar.Readings;

/// <summary>How real programs read tars. Many are read by one process.</summary>
internal static partial class TarPrograms
{
    public const string Gnu = "tar";
    public const string Python = "python3";

    private const string Script = """
        import io, struct, sys, tarfile
        data = open(sys.argv[1], 'rb').read()
        position = 0
        text = lambda value: value.encode('utf-8', 'surrogateescape').hex() or '-'
        while position < len(data):
            length, = struct.unpack_from('<i', data, position)
            tar = io.BytesIO(data[position + 4:position + 4 + length])
            position += 4 + length
            try:
                for m in tarfile.open(fileobj=tar, mode='r:', encoding='utf-8', errors='surrogateescape'):
                    stored = ' '.join('%d-%d' % (start, start + count) for start, count in m.sparse or [] if count)
                    print('|'.join([text(m.name), m.type.decode('latin-1').replace('\0', '0'), str(m.size), str(m.offset), str(m.offset_data), text(m.linkname), stored]))
            except tarfile.TarError as error:
                print('error', type(error).__name__)
            print('end')
        """;

    /// <summary>What GNU tar lists of each tar, without offsets: it reads them as one, past the zeros between them.</summary>
    public static IReadOnlyList<IReadOnlyList<TarEntry>> ReadWithGnu(IReadOnlyList<byte[]> tars, string folder)
    {
        var path = Path.Combine(folder, "all.tar");
        using (var file = File.Create(path))
            tars.ToList().ForEach(tar => file.Write(tar));
        var results = tars.Select(_ => new List<TarEntry>()).ToList();
        long end = tars[0].Length;
        var index = 0;
        foreach (var line in Tools.Output(Gnu, "-tvRif", path, "--numeric-owner", "--full-time", "--quoting-style=c").Split('\n'))
        {
            var match = Listed().Match(line);
            if (!match.Success)
                continue;
            var offset = long.Parse(match.Groups["block"].Value, CultureInfo.InvariantCulture) * 512;
            while (offset >= end)
                end += tars[++index].Length;
            var type = match.Groups["type"].Value switch { "-" => '0', "d" => '5', "l" => '2', "h" => '1', "c" => '3', "b" => '4', "p" => '6', var other => other[0] };
            var size = match.Groups["size"].Value is var text && text.Contains(',', StringComparison.Ordinal) ? 0 : long.Parse(text, CultureInfo.InvariantCulture);
            results[index].Add(new(TarEntry.Clean(Unquote(match.Groups["name"].Value)), type, size, 0, 0, Unquote(match.Groups["link"].Value), ""));
        }
        return [.. results.Select(WithoutRoot)];
    }

    /// <summary>What Python's tarfile reads of each tar; null where it raises an error.</summary>
    public static IReadOnlyList<IReadOnlyList<TarEntry>?> ReadWithPython(IReadOnlyList<byte[]> tars, string folder)
    {
        var path = Path.Combine(folder, "all.bin");
        using (var file = File.Create(path))
            tars.ToList().ForEach(tar => file.Write([.. BitConverter.GetBytes(tar.Length), .. tar]));
        var results = new List<IReadOnlyList<TarEntry>?>();
        List<TarEntry>? entries = [];
        foreach (var line in Tools.Run(Python, "-c", Script, path).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line == "end")
            {
                results.Add(entries is null ? null : WithoutRoot(entries));
                entries = [];
            }
            else if (line.StartsWith("error", StringComparison.Ordinal))
            {
                entries = null;
            }
            else
            {
                entries!.Add(FromPython(line.Split('|')));
            }
        }
        return results;
    }

    // Python's offset of a member is that of the headers before it.
    private static TarEntry FromPython(string[] fields)
    {
        long Number(int index) => long.Parse(fields[index], CultureInfo.InvariantCulture);
        string Text(int index) => fields[index] == "-" ? "" : TarEntry.Decode(Convert.FromHexString(fields[index]));
        return new(TarEntry.Clean(Text(0)), fields[1][0], Number(2), Number(3), Number(4), fields[1] is "1" or "2" ? Text(5) : "", fields[6]);
    }

    private static List<TarEntry> WithoutRoot(List<TarEntry> entries) => [.. entries.Where(entry => entry.Name.Length > 0)];

    private static string Unquote(string text)
    {
        var bytes = new List<byte>();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(text[i..(i + 1)]));
            }
            else if (char.IsAsciiDigit(text[i + 1]))
            {
                bytes.Add(Convert.ToByte(text.Substring(i + 1, 3), 8));
                i += 3;
            }
            else
            {
                bytes.Add((byte)"\a\b\t\n\v\f\r\\\""["abtnvfr\\\"".IndexOf(text[++i], StringComparison.Ordinal)]);
            }
        }
        return TarEntry.Decode([.. bytes]);
    }

    [GeneratedRegex("""^block (?<block>\d+): (?<type>.)\S+ \S+ +(?<size>[\d,]+) \S+ \S+ +"(?<name>(?:[^"\\]|\\.)*)"(?: (?:->|link to) "(?<link>(?:[^"\\]|\\.)*)")?""")]
    private static partial Regex Listed();
}
