using System.Text.RegularExpressions;

namespace KubeCheckpoint.Sandbox.Tests;

/// <summary>A request and its response, from the output of curl -i.</summary>
internal sealed partial record Exchange(string Title, HttpMethod Method, bool ToKubelet, string Path)
{
    public string Certificate { get; private init; } = "";

    public string Token { get; private init; } = "";

    public string Accept { get; private init; } = "*/*";

    public int Status { get; private init; }

    public Dictionary<string, string> Headers { get; private init; } = [];

    public string Body { get; private init; } = "";

    /// <summary>The exchanges of a chapter that record curl's command line, and either a response or a refused connection.</summary>
    public static IEnumerable<Exchange> Read(string chapter)
    {
        var text = File.ReadAllText(System.IO.Path.Join(AppContext.BaseDirectory, "Transcripts", "kubelet-api.md"));
        var begin = text.IndexOf(chapter + "\n", StringComparison.Ordinal);
        Assert.True(begin >= 0, chapter);
        var next = Chapter().Match(text, begin + 1);
        var part = next.Success ? text[begin..next.Index] : text[begin..];
        return Section().Matches(part).Select(Parse);
    }

    private static Exchange Parse(Match section)
    {
        var command = section.Groups["command"].Value;
        var url = Url().Match(command);
        var lines = section.Groups["head"].Value.Split('\n');
        return new Exchange(
            section.Groups["title"].Value,
            command.Contains("-X POST", StringComparison.Ordinal) ? HttpMethod.Post : HttpMethod.Get,
            url.Groups["port"].Value == "10250",
            url.Groups["path"].Value)
        {
            Certificate = CertificateName().Match(command).Groups["name"].Value,
            Token = BearerToken().Match(command).Groups["token"].Value,
            Accept = command.Contains("Accept: text/plain", StringComparison.Ordinal) ? "text/plain" : "*/*",
            Status = section.Groups["status"].Success ? int.Parse(section.Groups["status"].Value, null) : 0,
            Headers = lines.Where(line => line.Contains(": ", StringComparison.Ordinal)).Select(line => line.Split(": ", 2)).ToDictionary(pair => pair[0].ToLowerInvariant(), pair => pair[1]),
            Body = section.Groups["body"].Value,
        };
    }

    [GeneratedRegex(@"^# ", RegexOptions.Multiline)]
    private static partial Regex Chapter();

    [GeneratedRegex(@"^### (?<title>[^\n]+)\n```\n(?<command>curl -i [^\n]+)\n(HTTP/[\d.]+ (?<status>\d+)[^\n]*\n(?<head>([^\n]+\n)*)\n(?<body>.*?)\n\[http_code|curl: )", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Section();

    [GeneratedRegex(@"https://127\.0\.0\.1:(?<port>\d+)(?<path>/\S*)")]
    private static partial Regex Url();

    [GeneratedRegex(@"--cert pki/(?<name>[a-z-]+)\.crt")]
    private static partial Regex CertificateName();

    [GeneratedRegex(@"Bearer (?<token>\S+)")]
    private static partial Regex BearerToken();
}
