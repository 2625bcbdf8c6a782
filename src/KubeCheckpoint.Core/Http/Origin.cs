using System.Net;

namespace KubeCheckpoint.Http;

/// <summary>
/// The origin of a URL: scheme, host and port. A secret, in a header or in a body, is sent to the origin that it is for and to no other:
/// neither where that origin redirects, nor where a Location of its responses leads.
/// </summary>
internal readonly record struct Origin(string Scheme, string Host, int Port)
{
    public static Origin Of(Uri uri) => new(uri.Scheme, uri.IdnHost.ToLowerInvariant(), uri.Port);

    public static bool AreSame(Uri one, Uri other) => Of(one) == Of(other);

    /// <summary>True for this machine: there http is no risk.</summary>
    public static bool IsLoopback(Uri uri) =>
        uri.Host == "localhost" || (IPAddress.TryParse(uri.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    public override string ToString() => $"{Scheme}://{Host}:{Port}";
}
