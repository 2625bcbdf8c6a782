using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace KubeCheckpoint.Images.Registry;

/// <summary>How to connect to a registry.</summary>
/// <remarks>Not a record: a password must not appear in ToString.</remarks>
public sealed class RegistryOptions
{
    /// <summary>
    /// User and password. Default: those in <c>$REGISTRY_AUTH_FILE</c>, podman's auth.json or docker's config.json, with
    /// their credential helpers. With the user <c>&lt;token&gt;</c> the password is an identity token.
    /// </summary>
    public NetworkCredential? Credential { get; init; }

    /// <summary>True to use http for a registry that is not on loopback. On loopback https is tried first, then http.</summary>
    public bool PlainHttp { get; init; }

    /// <summary>The authorities that may have signed the registry's certificate. Default: those of the system.</summary>
    public X509Certificate2Collection? CertificateAuthorities { get; init; }

    /// <summary>True to accept any certificate.</summary>
    public bool SkipCertificateCheck { get; init; }

    internal RegistryTimings Timings { get; init; } = new();

    internal UploadSizes Sizes { get; init; } = new();
}
