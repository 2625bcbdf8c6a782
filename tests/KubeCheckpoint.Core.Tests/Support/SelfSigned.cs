using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace KubeCheckpoint.Core.Tests.Support;

/// <summary>Self-signed client certificates.</summary>
internal static class SelfSigned
{
    /// <summary>A new certificate with the subject <c>CN=me</c>, and its key, in PEM.</summary>
    public static (string Certificate, string Key) Issue()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=me", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1));
        return (certificate.ExportCertificatePem(), key.ExportECPrivateKeyPem());
    }
}
