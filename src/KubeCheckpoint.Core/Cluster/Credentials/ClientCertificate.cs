using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace KubeCheckpoint.Cluster.Credentials;

/// <summary>A client certificate with its private key and the intermediate certificates that are sent with it.</summary>
internal sealed class ClientCertificate
{
    private ClientCertificate(SslStreamCertificateContext context) => Context = context;

    /// <summary>For <see cref="SslClientAuthenticationOptions.ClientCertificateContext"/>.</summary>
    public SslStreamCertificateContext Context { get; }

    /// <summary>Whether it has intermediate certificates.</summary>
    public bool HasIntermediates => Context.IntermediateCertificates.Count > 0;

    /// <summary>A certificate that has its private key.</summary>
    public static ClientCertificate Of(X509Certificate2 certificate) => new(SslStreamCertificateContext.Create(certificate, null, offline: true));

    /// <summary>Reads a certificate (with any intermediates after it) and its key.</summary>
    /// <exception cref="CryptographicException">The text holds no certificate or no key, or they do not belong together.</exception>
    public static ClientCertificate FromPem(string certificates, string key)
    {
        try
        {
            using var pem = X509Certificate2.CreateFromPem(certificates, key);
            var all = new X509Certificate2Collection();
            all.ImportFromPem(certificates);
            return From(pem, all);
        }
        catch (ArgumentException exception)
        {
            // A key that does not match the certificate.
            throw new CryptographicException(exception.Message, exception);
        }
    }

    // Windows' TLS cannot use the key of a certificate read from PEM until it has been exported to a PFX.
    private static ClientCertificate From(X509Certificate2 pem, X509Certificate2Collection all)
    {
        var certificate = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pfx), null);
        all.RemoveAt(0);
        return new(SslStreamCertificateContext.Create(certificate, all, offline: true));
    }
}
