using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace KubeCheckpoint.Images.Registry;

/// <summary>How to speak to a registry.</summary>
/// <remarks>A class and not a record: a password must not appear in what ToString says.</remarks>
public sealed class RegistryOptions
{
    /// <summary>
    /// User and password, or null: then those of <c>$REGISTRY_AUTH_FILE</c>, podman's auth.json or docker's config.json, with
    /// their credential helpers. The user <c>&lt;token&gt;</c> marks the password as an identity token.
    /// </summary>
    public NetworkCredential? Credential { get; init; }

    /// <summary>True to speak http to a registry that is not on loopback. On loopback https is tried first, then http.</summary>
    public bool PlainHttp { get; init; }

    /// <summary>Who may have signed the registry's certificate. Null: the system's own authorities.</summary>
    public X509Certificate2Collection? CertificateAuthorities { get; init; }

    /// <summary>True to accept any certificate.</summary>
    public bool SkipCertificateCheck { get; init; }

    internal RegistryTimings Timings { get; init; } = new();

    internal UploadSizes Sizes { get; init; } = new();
}
