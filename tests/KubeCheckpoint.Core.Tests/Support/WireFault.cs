using System.IO.Compression;
using System.Net.Sockets;
using System.Text;

namespace KubeCheckpoint.Core.Tests.Support;

/// <summary>One connection on which a fault is shown.</summary>
/// <param name="Stream">The connection.</param>
/// <param name="Self">The origin of the server, such as <c>http://127.0.0.1:4711</c>.</param>
/// <param name="Other">Another origin.</param>
/// <param name="Path">The path of the request.</param>
/// <param name="Stopping">The end of the test.</param>
internal sealed record FaultyConnection(Stream Stream, string Self, string Other, string Path, CancellationToken Stopping)
{
    public Task WriteAsync(string text) => WriteAsync(Encoding.Latin1.GetBytes(text));

    public async Task WriteAsync(byte[] bytes)
    {
        await Stream.WriteAsync(bytes, Stopping);
        await Stream.FlushAsync(Stopping);
    }
}

/// <summary>A way in which a server responds wrongly, in bytes.</summary>
/// <param name="Name">What it does.</param>
/// <param name="ShowAsync">Responds to a request that has been read. The connection is closed afterwards.</param>
internal sealed record WireFault(string Name, Func<FaultyConnection, Task> ShowAsync)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<WireFault> All { get; } =
    [
        new("closes without a response", _ => Task.CompletedTask),
        new("resets the connection", connection => ResetAsync(connection, "")),
        new("resets within the headers", connection => ResetAsync(connection, "HTTP/1.1 200 OK\r\nContent-")),
        new("resets within the body", connection => ResetAsync(connection, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"a\":")),
        Text("ends within the status line", "HTTP/1."),
        Text("ends within the headers", "HTTP/1.1 200 OK\r\nContent-Type: appli"),
        Text("ends within the body", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{}"),
        Text("ends within a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{}"),
        Text("sends a chunk without a size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n{}\r\n0\r\n\r\n"),
        Text("sends a chunk of a huge size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n{}"),
        Text("sends a negative length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}"),
        Text("sends two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
        Text("sends an absurd length", "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n{}"),
        Text("speaks another protocol", "SSH-2.0-OpenSSH_9.9\r\n"),
        Text("sends a TLS alert", "\u0015\u0003\u0001\u0000\u0002\u0002\u0028"),
        Text("sends an unknown version", "HTTP/7.3 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
        Text("sends a status of five digits", "HTTP/1.1 20000 OK\r\nContent-Length: 2\r\n\r\n{}"),
        Text("sends NUL in a header", "HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 2\r\n\r\n{}"),
        Text("sends a header without a colon", "HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 2\r\n\r\n{}"),
        Text("sends a type that is none", "HTTP/1.1 200 OK\r\nContent-Type: ///;;=\r\nContent-Length: 2\r\n\r\n[]"),
        Text("sends an unknown character set", "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=bogus\r\nContent-Length: 2\r\n\r\n[]"),
        Text("sends no content", "HTTP/1.1 204 No Content\r\n\r\n"),
        Text("sends an empty body", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        Text("switches protocols unasked", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: nothing\r\nConnection: Upgrade\r\n\r\n"),
        Text("sends a page of HTML", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 18\r\n\r\n<html>login</html>"),
        Text("sends an error page", "HTTP/1.1 500 X\r\nContent-Type: text/html\r\nContent-Length: 20\r\n\r\n<html>\u001b[2J\u0007</html>"),
        Text("sends an array", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 3\r\n\r\n[1]"),
        Text("lies about the range", "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 7-8/9\r\nContent-Length: 2\r\n\r\n{}"),
        Text("is forbidden without a body", "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"),
        Text("fails without a body", "HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n"),
        Text("is busy", "HTTP/1.1 429 X\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n"),
        Text("was busy in the past", "HTTP/1.1 503 X\r\nRetry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\nContent-Length: 0\r\n\r\n"),
        Text("is busy for a century", "HTTP/1.1 503 X\r\nRetry-After: Wed, 21 Oct 2099 07:28:00 GMT\r\nContent-Length: 0\r\n\r\n"),
        Text("is busy for ages", "HTTP/1.1 429 X\r\nRetry-After: 99999999999999999999\r\nContent-Length: 0\r\n\r\n"),
        Text("is busy for a negative time", "HTTP/1.1 503 X\r\nRetry-After: -5\r\nContent-Length: 0\r\n\r\n"),
        Text("is busy for some time", "HTTP/1.1 502 X\r\nRetry-After: soon\r\nContent-Length: 0\r\n\r\n"),
        Text("has a gateway that is late", "HTTP/1.1 504 X\r\nContent-Length: 0\r\n\r\n"),
        Text("demands an unknown login", "HTTP/1.1 401 X\r\nWWW-Authenticate: Negotiate abc\r\nContent-Length: 0\r\n\r\n"),
        Text("demands a broken login", "HTTP/1.1 401 X\r\nWWW-Authenticate: Bearer realm=\"http://, ,,,==\r\nContent-Length: 0\r\n\r\n"),
        Text("is a teapot", "HTTP/1.1 418 X\r\nContent-Length: 0\r\n\r\n"),
        Redirect("redirects in a circle", connection => connection.Path),
        Redirect("redirects to a file", _ => "file:///etc/passwd"),
        Redirect("redirects to gopher", _ => "gopher://127.0.0.1/1"),
        Redirect("redirects to nothing", _ => ""),
        Redirect("redirects to nonsense", _ => "http://[::bad"),
        Redirect("redirects to port 0", _ => "http://127.0.0.1:0/"),
        Redirect("redirects to another origin", connection => connection.Other + connection.Path),
        Redirect("redirects to another origin for ever", connection => $"http://user:word@{new Uri(connection.Other).Authority}{connection.Path}", 308),
        Redirect("redirects with 302 to another origin", connection => connection.Other + connection.Path, 302),
        new("never responds", connection => Task.Delay(Timeout.Infinite, connection.Stopping)),
        new("drips headers", connection => RepeatAsync(connection, "HTTP/1.1 200 OK\r\n", "X-A: b\r\n"u8.ToArray(), Pause)),
        new("drips a body", connection => RepeatAsync(connection, "HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n", " "u8.ToArray(), Pause)),
        new("drips a refusal", connection => RepeatAsync(connection, "HTTP/1.1 500 X\r\nContent-Length: 900000\r\n\r\n", " "u8.ToArray(), Pause)),
        new("sends headers without an end", connection => RepeatAsync(connection, "HTTP/1.1 200 OK\r\n", Encoding.ASCII.GetBytes($"X-A: {new string('b', 8000)}\r\n"))),
        new("sends a header without an end", connection => RepeatAsync(connection, "HTTP/1.1 200 OK\r\nX-A: ", Encoding.ASCII.GetBytes(new string('b', 8000)))),
        new("sends informational responses without an end", connection => RepeatAsync(connection, "", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"u8.ToArray(), Pause)),
        new("sends a refusal without an end", connection => RepeatAsync(connection, "HTTP/1.1 500 X\r\n\r\n", Encoding.ASCII.GetBytes(new string('[', 8000)))),
        new("sends nesting without an end", connection => connection.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{new string('[', 100_000)}")),
        new("sends compressed zeros", async connection =>
        {
            var bomb = Gzip(4 * 1024 * 1024);
            await connection.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {bomb.Length}\r\n\r\n");
            await connection.WriteAsync(bomb);
        }),
        Text("sends what is not compressed", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"),
    ];

    public override string ToString() => Name;

    private static WireFault Text(string name, string response) => new(name, connection => connection.WriteAsync(response));

    private static WireFault Redirect(string name, Func<FaultyConnection, string> location, int status = 307) => new(
        name, connection => connection.WriteAsync($"HTTP/1.1 {status} X\r\nLocation: {location(connection)}\r\nContent-Length: 0\r\n\r\n"));

    private static async Task ResetAsync(FaultyConnection connection, string first)
    {
        await connection.WriteAsync(first);
        if (connection.Stream is NetworkStream network)
            network.Socket.LingerState = new LingerOption(true, 0);
    }

    private static async Task RepeatAsync(FaultyConnection connection, string first, byte[] piece, TimeSpan pause = default)
    {
        await connection.WriteAsync(first);
        while (true)
        {
            await connection.WriteAsync(piece);
            await Task.Delay(pause, connection.Stopping);
        }
    }

    private static byte[] Gzip(int zeros)
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.SmallestSize, leaveOpen: true))
            gzip.Write(new byte[zeros]);
        return bytes.ToArray();
    }
}
