using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace KubeCheckpoint.Cluster.Connections;

/// <summary>How a kubelet's serving certificate is checked, and which certificate it is shown.</summary>
internal static class KubeletTls
{
    public static SslClientAuthenticationOptions Options(KubeletTarget target)
    {
        var options = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = Check(target) };
        if (target.ClientCertificate is { } certificate)
        {
            options.ClientCertificates = [certificate];

            // Without it Schannel and SslStream leave out a certificate whose issuer the kubelet does not name.
            options.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate;
        }

        return options;
    }

    private static RemoteCertificateValidationCallback? Check(KubeletTarget target)
    {
#pragma warning disable CA5359 // The user asked for it by a switch of its own.
        if (target.SkipCertificateCheck)
            return (_, _, _, _) => true;
#pragma warning restore CA5359
        if (target.CertificateAuthorities is not { } authorities)
            return null;
        return (_, certificate, chain, errors) =>
        {
            // A foreign chain is expected with an authority of the cluster's own; a wrong host name or no certificate is not.
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
