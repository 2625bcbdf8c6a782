using System.Management.Automation;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace KubeCheckpoint.Parameters;

/// <summary>Certificates as users give them: paths of PEM files, or certificates they hold already.</summary>
internal static class CertificateFiles
{
    /// <summary>A client certificate with its private key.</summary>
    /// <param name="certificate">An X509Certificate2, or the path of a PEM file.</param>
    /// <param name="key">The path of the PEM file with the private key, or null where the certificate's file holds it.</param>
    /// <param name="resolvePath">Makes a path of PowerShell's a path of the file system.</param>
    public static X509Certificate2 ReadClientCertificate(PSObject certificate, string? key, Func<string, string> resolvePath)
    {
        if (certificate.BaseObject is X509Certificate2 held)
            return held;

        var path = resolvePath(certificate.ToString());
        try
        {
            using var pem = X509Certificate2.CreateFromPemFile(path, key is null ? null : resolvePath(key));

            // Windows' TLS cannot use the key of a certificate read from PEM until it has been through a PFX.
            return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pfx), null);
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw ParameterFailure.CertificateNotReadable(path, exception);
        }
    }

    /// <summary>The certificates of authorities.</summary>
    /// <param name="authorities">X509Certificate2 objects and paths of PEM files.</param>
    /// <param name="resolvePath">Makes a path of PowerShell's a path of the file system.</param>
    public static X509Certificate2Collection ReadAuthorities(IEnumerable<PSObject> authorities, Func<string, string> resolvePath)
    {
        var collection = new X509Certificate2Collection();
        foreach (var authority in authorities)
        {
            if (authority.BaseObject is X509Certificate2 held)
                collection.Add(held);
            else
                ImportPem(collection, resolvePath(authority.ToString()));
        }

        return collection;
    }

    private static void ImportPem(X509Certificate2Collection collection, string path)
    {
        try
        {
            var before = collection.Count;
            collection.ImportFromPemFile(path);
            if (collection.Count == before)
                throw new CryptographicException("There is no certificate in the file.");
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw ParameterFailure.CertificateNotReadable(path, exception);
        }
    }
}
