using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace KubeCheckpoint.Cluster.Connections;

/// <summary>The TLS options for a kubelet: how its serving certificate is checked, and the client certificate.</summary>
internal static class KubeletTls
{
    public static SslClientAuthenticationOptions Options(KubeletTarget target)
    {
        var options = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = Check(target) };
        if (target.ClientCertificate is { } certificate)
        {
            options.ClientCertificates = [certificate];

            // Otherwise Schannel and SslStream omit a certificate whose issuer the kubelet does not name.
            options.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate;
        }

        return options;
    }

    private static RemoteCertificateValidationCallback? Check(KubeletTarget target)
    {
#pragma warning disable CA5359 // The user asked for it with -SkipCertificateCheck.
        if (target.SkipCertificateCheck)
            return (_, _, _, _) => true;
#pragma warning restore CA5359
        if (target.CertificateAuthorities is not { } authorities)
            return null;
        return (_, certificate, chain, errors) =>
        {
            // Chain errors are expected with the cluster's own authority; a wrong host name or a missing certificate is not.
            if ((errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0 || certificate is null || chain is null)
                return false;
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.Clear();
            chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            using var own = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
            return chain.Build(own);
        };
    }
}
