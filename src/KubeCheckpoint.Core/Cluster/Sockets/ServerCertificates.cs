using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace KubeCheckpoint.Cluster.Sockets;

/// <summary>Which certificates of servers are trusted.</summary>
/// <param name="Authorities">The authorities that may sign them, or self-signed certificates. Null: the authorities of the system.</param>
/// <param name="AcceptAny">True to accept any certificate.</param>
internal sealed record ServerCertificates(X509Certificate2Collection? Authorities, bool AcceptAny)
{
    private const string Untrusted = "it is not signed by a certificate authority that is trusted for this server.";

    private static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1");

    /// <summary>Whether the authorities of the system are trusted beside <see cref="Authorities"/>.</summary>
    public bool OrSystem { get; init; }

    /// <summary>Checks a certificate.</summary>
    /// <param name="certificate">The certificate of the server.</param>
    /// <param name="others">Intermediate certificates that the server sent with it.</param>
    /// <param name="name">The name or address that it must be valid for.</param>
    /// <returns>What is wrong with it, or null.</returns>
    public string? FindProblem(X509Certificate2 certificate, X509Certificate2Collection others, string name)
    {
        if (AcceptAny)
            return null;
        if (!IsFor(certificate, name))
            return $"it is valid for {Names(certificate)}, and not for {name}.";
        var problem = Authorities is null ? FindProblem(certificate, others) : FindProblem(certificate, others, Authorities);
        return problem is not null && OrSystem ? FindProblem(certificate, others) : problem;
    }

    private static string? FindProblem(X509Certificate2 certificate, X509Certificate2Collection others)
    {
        using var chain = NewChain(others);
        return chain.Build(certificate) ? null : Describe(chain, certificate);
    }

    /// <summary>Whether a certificate is valid for a name. Text that is no name of a host, such as <c>*.example.com</c>, matches none.</summary>
    private static bool IsFor(X509Certificate2 certificate, string name) =>
        Uri.CheckHostName(name) is not (UriHostNameType.Unknown or UriHostNameType.Basic)
        && certificate.MatchesHostname(name, allowWildcards: true, allowCommonName: false);

    /// <summary>
    /// Checks a certificate under authorities. Where several have the same name, as the old and the new one while they are rotated, a chain
    /// may be built with the wrong one, so that each is tried, as in Go.
    /// </summary>
    private static string? FindProblem(X509Certificate2 certificate, X509Certificate2Collection others, X509Certificate2Collection authorities)
    {
        var problem = FindProblemUnder(certificate, others, authorities);
        if (problem is null)
            return null;
        foreach (var name in authorities.GroupBy(authority => authority.Subject).Where(name => name.Count() > 1))
        {
            var rest = authorities.Where(authority => authority.Subject != name.Key).ToArray();
            if (name.Any(authority => FindProblemUnder(certificate, others, [authority, .. rest]) is null))
                return null;
        }

        return problem;
    }

    private static string? FindProblemUnder(X509Certificate2 certificate, X509Certificate2Collection others, X509Certificate2Collection authorities)
    {
        using var chain = NewChain(others);
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.ExtraStore.AddRange(authorities);
        chain.ChainPolicy.DisableCertificateDownloads = true;

        // As in Go, an authority is trusted even if it is not self-signed. Such a chain counts as incomplete here.
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority;
        if (!chain.Build(certificate))
            return Describe(chain, certificate);
        return chain.ChainElements.Any(element => authorities.Any(authority => IsSame(authority, element.Certificate))) ? null : Untrusted;
    }

    private static X509Chain NewChain(X509Certificate2Collection others)
    {
        var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(ServerAuthentication);
        chain.ChainPolicy.ExtraStore.AddRange(others);
        return chain;
    }

    private static bool IsSame(X509Certificate2 one, X509Certificate2 other) => one.RawDataMemory.Span.SequenceEqual(other.RawDataMemory.Span);

    private static string Describe(X509Chain chain, X509Certificate2 certificate)
    {
        var statuses = chain.ChainStatus
            .Where(status => status.Status is not (X509ChainStatusFlags.UntrustedRoot or X509ChainStatusFlags.PartialChain))
            .ToList();
        if (statuses.Count == 0)
            return Untrusted;
        return string.Join(' ', statuses.Select(status => status.Status switch
        {
            X509ChainStatusFlags.NotTimeValid =>
                "it, or a certificate of its chain, is not valid now: "
                + $"it is valid from {certificate.NotBefore:u} to {certificate.NotAfter:u}.",
            X509ChainStatusFlags.NotValidForUsage => "it is not valid for a server.",
            _ => status.StatusInformation.Trim(),
        }));
    }

    private static string Names(X509Certificate2 certificate)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(extension => extension.EnumerateDnsNames().Concat(extension.EnumerateIPAddresses().Select(address => address.ToString())))
            .ToList();
        return names.Count == 0 ? "no name" : string.Join(", ", names);
    }
}
