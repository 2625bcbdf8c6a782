using System.Globalization;
using System.Net;

namespace KubeCheckpoint.Cluster.Sockets;

/// <summary>
/// The rules of <c>NO_PROXY</c>: <c>*</c>, addresses, networks (<c>10.0.0.0/8</c>), domains with their subdomains (<c>example.com</c>) or
/// subdomains only (<c>.example.com</c>), each but a network with an optional port.
/// </summary>
internal sealed class NoProxyRules(string list)
{
    private readonly string[] _rules = list.ToLowerInvariant().Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>Whether a server is reached without a proxy. Loopback always is.</summary>
    public bool IsDirect(Uri server)
    {
        var host = server.IdnHost.ToLowerInvariant();
        if (IPAddress.TryParse(host, out var address))
        {
            address = Plain(address);
            return IPAddress.IsLoopback(address) || _rules.Any(rule => rule == "*" || IsMatch(rule, address, server.Port));
        }

        return host == "localhost" || _rules.Any(rule => rule == "*" || IsMatch(rule, host, server.Port));
    }

    private static bool IsMatch(string rule, IPAddress address, int port)
    {
        if (IPNetwork.TryParse(rule, out var network))
            return network.Contains(address);
        var (host, rulePort) = Split(rule);
        return IPAddress.TryParse(host, out var ruleAddress) && Plain(ruleAddress).Equals(address) && IsPort(rulePort, port);
    }

    private static bool IsMatch(string rule, string host, int port)
    {
        var (domain, rulePort) = Split(rule);
        if (domain.StartsWith("*.", StringComparison.Ordinal))
            domain = domain[1..];
        if (domain.Length == 0 || !IsPort(rulePort, port))
            return false;
        return domain[0] == '.'
            ? host.EndsWith(domain, StringComparison.Ordinal)
            : host == domain || host.EndsWith("." + domain, StringComparison.Ordinal);
    }

    private static (string Host, string? Port) Split(string rule)
    {
        var colon = rule.LastIndexOf(':');
        var hasPort = colon >= 0 && (rule.IndexOf(':', StringComparison.Ordinal) == colon || rule[colon - 1] == ']');
        var host = hasPort ? rule[..colon] : rule;
        return (host.Trim('[', ']'), hasPort ? rule[(colon + 1)..] : null);
    }

    private static bool IsPort(string? rulePort, int port) =>
        string.IsNullOrEmpty(rulePort) || rulePort == port.ToString(CultureInfo.InvariantCulture);

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
