using System.Net;
using System.Text;

namespace KubeCheckpoint.Cluster.Sockets;

/// <summary>A proxy: its address, and the user name and password for it.</summary>
internal sealed class ProxyAddress
{
    private static readonly Dictionary<string, int> DefaultPorts = new()
    {
        ["http"] = 80,
        ["https"] = 443,
        ["socks5"] = 1080,
        ["socks5h"] = 1080,
    };

    private ProxyAddress(Uri uri, NetworkCredential? credential)
    {
        Uri = uri;
        Credential = credential;
    }

    /// <summary>The address, without user name and password.</summary>
    public Uri Uri { get; }

    public NetworkCredential? Credential { get; }

    /// <summary>Whether it speaks SOCKS. Host names are resolved by the proxy, with <c>socks5</c> too, as in Go.</summary>
    public bool IsSocks => Uri.Scheme.StartsWith("socks", StringComparison.Ordinal);

    public bool IsTls => Uri.Scheme == Uri.UriSchemeHttps;

    public DnsEndPoint EndPoint => new(Uri.IdnHost, Uri.Port);

    /// <summary>User name and password as HTTP sends them, or null.</summary>
    public string? BasicCredential => Credential is null
        ? null
        : Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Credential.UserName}:{Credential.Password}"));

    /// <summary>Reads <c>SCHEME://[USER[:PASSWORD]@]HOST[:PORT]</c>, or returns null if the text is something else.</summary>
    public static ProxyAddress? TryParse(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Host.Length == 0 || !DefaultPorts.TryGetValue(uri.Scheme, out var port))
            return null;
        var address = new UriBuilder(uri.Scheme, uri.IdnHost, uri.IsDefaultPort || uri.Port < 0 ? port : uri.Port).Uri;
        var (user, password) = uri.UserInfo.IndexOf(':', StringComparison.Ordinal) is >= 0 and var colon
            ? (uri.UserInfo[..colon], uri.UserInfo[(colon + 1)..])
            : (uri.UserInfo, "");
        return new(address, uri.UserInfo.Length == 0 ? null : new(Uri.UnescapeDataString(user), Uri.UnescapeDataString(password)));
    }

    public override string ToString() => Uri.GetLeftPart(UriPartial.Authority);
}
