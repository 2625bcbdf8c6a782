using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace KubeCheckpoint.Cluster.Sockets;

/// <summary>Opens a tunnel through a SOCKS 5 proxy (RFC 1928), with a user name and password where there are any (RFC 1929).</summary>
internal static class SocksTunnel
{
    private const byte Version = 5;
    private const byte NoAuthentication = 0;
    private const byte UserNameAndPassword = 2;
    private const byte Connect = 1;
    private const byte IPv4 = 1;
    private const byte DomainName = 3;
    private const byte IPv6 = 4;

    /// <summary>Makes a connection to the proxy one to the server, whose name the proxy resolves.</summary>
    /// <exception cref="ProxyException">The proxy does not open the tunnel.</exception>
    public static async Task OpenAsync(Stream stream, ProxyAddress proxy, DnsEndPoint server, CancellationToken cancellationToken)
    {
        try
        {
            await AuthenticateAsync(stream, proxy, cancellationToken).ConfigureAwait(false);
            await stream.WriteAsync(ConnectRequest(proxy, server), cancellationToken).ConfigureAwait(false);
            var head = await ReadAsync(stream, 4, cancellationToken).ConfigureAwait(false);
            if (head[0] != Version)
                throw NotSocks(proxy);
            if (head[1] != 0)
                throw new ProxyException(proxy, ProxyProblem.Refused, Reason(head[1]));
            var rest = head[3] switch
            {
                IPv4 => 4,
                IPv6 => 16,
                DomainName => (await ReadAsync(stream, 1, cancellationToken).ConfigureAwait(false))[0],
                _ => throw NotSocks(proxy),
            };
            await ReadAsync(stream, rest + sizeof(ushort), cancellationToken).ConfigureAwait(false);
        }
        catch (EndOfStreamException exception)
        {
            throw new ProxyException(proxy, ProxyProblem.Unreachable, "the connection ended within the SOCKS 5 response.", exception);
        }
    }

    private static async Task AuthenticateAsync(Stream stream, ProxyAddress proxy, CancellationToken cancellationToken)
    {
        byte[] greeting = proxy.Credential is null ? [Version, 1, NoAuthentication] : [Version, 2, NoAuthentication, UserNameAndPassword];
        await stream.WriteAsync(greeting, cancellationToken).ConfigureAwait(false);
        var choice = await ReadAsync(stream, 2, cancellationToken).ConfigureAwait(false);
        if (choice[0] != Version)
            throw NotSocks(proxy);
        if (choice[1] == NoAuthentication)
            return;
        if (choice[1] != UserNameAndPassword || proxy.Credential is not { } credential)
            throw new ProxyException(proxy, ProxyProblem.Unauthorized, "it demands another kind of authentication.");
        byte[] login = [1, .. WithLength(credential.UserName, proxy), .. WithLength(credential.Password, proxy)];
        await stream.WriteAsync(login, cancellationToken).ConfigureAwait(false);
        var verdict = await ReadAsync(stream, 2, cancellationToken).ConfigureAwait(false);
        if (verdict[1] != 0)
            throw new ProxyException(proxy, ProxyProblem.Unauthorized, "the user name or password is wrong.");
    }

    private static byte[] ConnectRequest(ProxyAddress proxy, DnsEndPoint server)
    {
        byte[] address = IPAddress.TryParse(server.Host, out var ip)
            ? [ip.AddressFamily == AddressFamily.InterNetwork ? IPv4 : IPv6, .. ip.GetAddressBytes()]
            : [DomainName, .. WithLength(server.Host, proxy)];
        var request = (byte[])[Version, Connect, 0, .. address, 0, 0];
        BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan()[^2..], (ushort)server.Port);
        return request;
    }

    private static byte[] WithLength(string text, ProxyAddress proxy)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return bytes.Length <= byte.MaxValue
            ? [(byte)bytes.Length, .. bytes]
            : throw new ProxyException(proxy, ProxyProblem.Refused, "a name or password is longer than 255 bytes.");
    }

    private static async Task<byte[]> ReadAsync(Stream stream, int length, CancellationToken cancellationToken)
    {
        var bytes = new byte[length];
        await stream.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
        return bytes;
    }

    private static ProxyException NotSocks(ProxyAddress proxy) => new(proxy, ProxyProblem.Unreachable, "the response is not SOCKS 5.");

    private static string Reason(byte code) => code switch
    {
        1 => "general failure",
        2 => "not allowed by the rules of the proxy",
        3 => "the network is unreachable",
        4 => "the host is unreachable",
        5 => "the connection is refused",
        6 => "the time to live has expired",
        7 => "the command is not supported",
        8 => "the type of address is not supported",
        _ => $"SOCKS error {code}",
    };
}
