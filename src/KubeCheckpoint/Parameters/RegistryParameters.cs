using System.Management.Automation;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Parameters;

/// <summary>What users give to speak to a registry, for the engine.</summary>
internal static class RegistryParameters
{
    /// <summary>The options of what cmdlets that speak to a registry all take.</summary>
    /// <param name="credential">User and password, or null for what docker and podman have stored.</param>
    /// <param name="plainHttp">Whether http may be spoken beyond this machine.</param>
    /// <param name="authorities">X509Certificate2 objects and paths of PEM files, or null for those of the system.</param>
    /// <param name="skipCertificateCheck">Whether any certificate will do.</param>
    /// <param name="resolvePath">Makes a path of PowerShell's a path of the file system.</param>
    public static RegistryOptions ToOptions(
        PSCredential? credential, bool plainHttp, PSObject[]? authorities, bool skipCertificateCheck, Func<string, string> resolvePath) => new()
        {
            Credential = credential?.GetNetworkCredential(),
            PlainHttp = plainHttp,
            CertificateAuthorities = authorities is null ? null : CertificateFiles.ReadAuthorities(authorities, resolvePath),
            SkipCertificateCheck = skipCertificateCheck,
        };
}
