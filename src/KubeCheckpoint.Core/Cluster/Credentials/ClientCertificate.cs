using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace KubeCheckpoint.Cluster.Credentials;

/// <summary>A client certificate with its private key and the intermediate certificates that are sent with it.</summary>
internal sealed class ClientCertificate
{
    private const string Ed25519 = "1.3.101.112";

    // .NET looks for the end of each object in all of the text.
    private const string BeginningOfObject = "-----BEGIN ";
    private const int MostObjects = 100;

    private ClientCertificate(SslStreamCertificateContext context) => Context = context;

    /// <summary>For <see cref="SslClientAuthenticationOptions.ClientCertificateContext"/>.</summary>
    public SslStreamCertificateContext Context { get; }

    /// <summary>Whether it has intermediate certificates.</summary>
    public bool HasIntermediates => Context.IntermediateCertificates.Count > 0;

    /// <summary>A certificate that has its private key.</summary>
    public static ClientCertificate Of(X509Certificate2 certificate) => new(SslStreamCertificateContext.Create(certificate, null, offline: true));

    /// <summary>Reads a certificate (with any intermediates after it) and its key.</summary>
    /// <exception cref="CryptographicException">
    /// The text holds no certificate or no key, or they do not belong together, or the key cannot be used. The message says what the two are or have.
    /// </exception>
    public static ClientCertificate FromPem(string certificates, string key)
    {
        if (certificates.AsSpan().Count(BeginningOfObject) > MostObjects || key.AsSpan().Count(BeginningOfObject) > MostObjects)
            throw new CryptographicException($"have more than {MostObjects} objects in PEM format.");
        try
        {
            using var pem = X509Certificate2.CreateFromPem(certificates, key);
            var all = new X509Certificate2Collection();
            all.ImportFromPem(certificates);
            return From(pem, all);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException or NotSupportedException)
        {
            throw new CryptographicException(FindProblem(certificates, key), exception);
        }
    }

    private static string FindProblem(string certificates, string key)
    {
        if (key.Contains("ENCRYPTED", StringComparison.Ordinal))
            return "have an encrypted private key: kubectl too needs it without a password.";
        var all = new X509Certificate2Collection();
        try
        {
            all.ImportFromPem(certificates);
        }
        catch (CryptographicException)
        {
            // The text says so below.
        }

        return all is [var first, ..] && first.GetKeyAlgorithm() == Ed25519
            ? "have an Ed25519 key, which .NET cannot use in TLS: ask for a certificate with an ECDSA or RSA key."
            : "are not a certificate and its private key in PEM format.";
    }

    // Windows' TLS cannot use the key of a certificate read from PEM until it has been exported to a PFX.
    private static ClientCertificate From(X509Certificate2 pem, X509Certificate2Collection all)
    {
        var certificate = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pfx), null);
        all.RemoveAt(0);
        return new(SslStreamCertificateContext.Create(certificate, all, offline: true));
    }
}
