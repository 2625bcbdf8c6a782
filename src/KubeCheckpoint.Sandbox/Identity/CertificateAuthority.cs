using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace KubeCheckpoint.Sandbox.Identity;

/// <summary>The CA that signs every certificate of one sandbox. Its key is only in memory.</summary>
internal sealed class CertificateAuthority : IDisposable
{
    private static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1");
    private static readonly Oid ClientAuthentication = new("1.3.6.1.5.5.7.3.2");

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _root;
    private readonly DateTimeOffset _from = DateTimeOffset.UtcNow.AddHours(-1);
    private readonly DateTimeOffset _until = DateTimeOffset.UtcNow.AddDays(2);

    public CertificateAuthority(string name)
    {
        var request = new CertificateRequest($"CN={name}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        _root = request.CreateSelfSigned(_from, _until);
    }

    public string Pem => _root.ExportCertificatePem() + "\n";

    /// <summary>A certificate for a server on loopback.</summary>
    public X509Certificate2 IssueServer(string name, IEnumerable<string> dnsNames)
    {
        using var serverKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = NewRequest(new X500DistinguishedName($"CN={name}"), serverKey, ServerAuthentication);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        foreach (var dnsName in dnsNames)
            names.AddDnsName(dnsName);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = Sign(request).CopyWithPrivateKey(serverKey);

        // Windows and macOS servers need keys that were imported from PKCS#12.
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);
    }

    /// <summary>A client certificate (CN user, O groups) and its key, in PEM.</summary>
    public (string Certificate, string Key) IssueClient(string user, IEnumerable<string> groups)
    {
        using var clientKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(user);
        foreach (var group in groups)
            subject.AddOrganizationName(group);
        using var certificate = Sign(NewRequest(subject.Build(), clientKey, ClientAuthentication));
        return (certificate.ExportCertificatePem() + "\n", clientKey.ExportPkcs8PrivateKeyPem() + "\n");
    }

    /// <summary>Whether a certificate was signed by the CA.</summary>
    public bool Issued(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(_root);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate);
    }

    public void Dispose()
    {
        _root.Dispose();
        _key.Dispose();
    }

    private static CertificateRequest NewRequest(X500DistinguishedName subject, ECDsa subjectKey, Oid usage)
    {
        var request = new CertificateRequest(subject, subjectKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([usage], false));
        return request;
    }

    private X509Certificate2 Sign(CertificateRequest request) =>
        request.Create(_root, _from, _until, RandomNumberGenerator.GetBytes(16));
}
