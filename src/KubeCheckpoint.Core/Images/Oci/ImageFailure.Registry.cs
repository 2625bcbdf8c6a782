using System.Globalization;
using System.Net;

namespace KubeCheckpoint.Images.Oci;

/// <content>The failures of a registry.</content>
public static partial class ImageFailure
{
    /// <summary>No connection to the registry, or it broke too often.</summary>
    /// <param name="registry">The host.</param>
    /// <param name="inner">What the system said.</param>
    public static KubeCheckpointException RegistryUnreachable(string registry, Exception inner) =>
        new(nameof(RegistryUnreachable), FailureCategory.ConnectionError, registry, $"The registry '{registry}' cannot be reached: {Words(inner)}",
            "Check name, port, network and proxy, and that the registry runs.", inner);

    /// <summary>The registry stopped taking or giving bytes.</summary>
    /// <param name="registry">The host.</param>
    /// <param name="limit">How long nothing moved.</param>
    /// <param name="inner">The cancellation that ended it.</param>
    public static KubeCheckpointException RegistryStalled(string registry, TimeSpan limit, Exception inner) =>
        new(nameof(RegistryStalled), FailureCategory.OperationTimeout, registry,
            string.Create(CultureInfo.InvariantCulture, $"The registry '{registry}' did not answer, or took no byte, for {limit.TotalSeconds:0} seconds."),
            "Look at the registry's log and load, and try again: what it has already is not sent again.", inner);

    /// <summary>The registry wants a login, or the one given is refused.</summary>
    /// <param name="registry">The host.</param>
    /// <param name="credentials">Where the credentials used came from, or null where there were none.</param>
    /// <param name="words">What the registry said, or null.</param>
    public static KubeCheckpointException RegistryUnauthorized(string registry, string? credentials, string? words = null) =>
        new(nameof(RegistryUnauthorized), FailureCategory.AuthenticationError, registry,
            credentials is null
                ? $"The registry '{registry}' wants a login, and there are no credentials for it.{Said(words)}"
                : $"The registry '{registry}' refuses the credentials of {credentials}.{Said(words)}",
            "Log in with podman login or docker login, or give -RegistryCredential.");

    /// <summary>The user is known to the registry and lacks the right.</summary>
    /// <param name="registry">The host.</param>
    /// <param name="repository">The repository.</param>
    /// <param name="words">What the registry said, or null.</param>
    public static KubeCheckpointException RegistryForbidden(string registry, string repository, string? words) =>
        new(nameof(RegistryForbidden), FailureCategory.PermissionDenied, $"{registry}/{repository}",
            $"The registry '{registry}' does not let this user push to '{repository}'.{Said(words)}",
            "Choose a repository you may push to, or have the right granted; some registries want the repository made first.");

    /// <summary>https was spoken to a registry that speaks http only.</summary>
    /// <param name="registry">The host.</param>
    /// <param name="inner">What the handshake said.</param>
    public static KubeCheckpointException RegistryIsHttpOnly(string registry, Exception inner) =>
        new(nameof(RegistryIsHttpOnly), FailureCategory.SecurityError, registry,
            $"The registry '{registry}' speaks http only, and an image with the memory of a process was not sent over it.",
            "Give -PlainHttp if the network between here and the registry can be trusted, or let the registry speak https.", inner);

    /// <summary>The registry's certificate does not hold.</summary>
    /// <param name="registry">The host.</param>
    /// <param name="reason">Why not.</param>
    /// <param name="inner">What the handshake said.</param>
    public static KubeCheckpointException RegistryCertificateInvalid(string registry, string reason, Exception inner) =>
        new(nameof(RegistryCertificateInvalid), FailureCategory.SecurityError, registry, $"The certificate of the registry '{registry}' is not valid: {reason}.",
            "Give the authority that signed it with -RegistryCACertificate, or accept any certificate with -SkipRegistryCertificateCheck.", inner);

    /// <summary>The registry understood and said no.</summary>
    /// <param name="registry">The host.</param>
    /// <param name="action">What was asked of it.</param>
    /// <param name="status">The HTTP status.</param>
    /// <param name="words">Code and message of the answer, or null.</param>
    public static KubeCheckpointException RegistryRefused(string registry, string action, HttpStatusCode status, string? words) =>
        new(nameof(RegistryRefused), FailureCategory.InvalidOperation, registry,
            $"The registry '{registry}' refused to {action}: status {(int)status}.{Said(words)}",
            status switch
            {
                HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable => "Try again later.",
                HttpStatusCode.RequestEntityTooLarge => "The registry or a proxy before it limits the size of uploads; have the limit raised.",
                _ => "Read the registry's words; its log says more.",
            });

    /// <summary>The answer is none that the OCI distribution spec allows.</summary>
    /// <param name="registry">The host.</param>
    /// <param name="reason">What is wrong with it.</param>
    /// <param name="inner">What the parser said.</param>
    public static KubeCheckpointException RegistryProtocolViolation(string registry, string reason, Exception? inner = null) =>
        new(nameof(RegistryProtocolViolation), FailureCategory.ProtocolError, registry, $"'{registry}' does not answer as a registry: {reason}.",
            "Check that host and port are a registry's (OCI distribution spec), and what proxies stand before it.", inner);

    /// <summary>The bytes that arrived are not those that were sent.</summary>
    /// <param name="place">The registry or path.</param>
    /// <param name="expected">The digest they must have.</param>
    /// <param name="actual">The digest or words that were found.</param>
    public static KubeCheckpointException DigestMismatch(string place, string expected, string actual) =>
        new(nameof(DigestMismatch), FailureCategory.SecurityError, place, $"'{place}' has other bytes than {expected}: {actual}.",
            "Try again; when it stays so, look for a proxy that changes bodies, or a bad disk.");

    /// <summary>A file with credentials is there and cannot be used.</summary>
    /// <param name="path">The file.</param>
    /// <param name="reason">Why not.</param>
    /// <param name="inner">What the system or parser said.</param>
    public static KubeCheckpointException CredentialFileInvalid(string path, string reason, Exception? inner = null) =>
        new(nameof(CredentialFileInvalid), FailureCategory.AuthenticationError, path, $"The credentials file '{path}' cannot be used: {reason}.",
            "Correct it, log in anew, or give -RegistryCredential.", inner);

    /// <summary>A credential helper could not be run, or failed.</summary>
    /// <param name="helper">Its program.</param>
    /// <param name="reason">What happened.</param>
    /// <param name="inner">What the system said.</param>
    public static KubeCheckpointException CredentialHelperFailed(string helper, string reason, Exception? inner = null) =>
        new(nameof(CredentialHelperFailed), FailureCategory.AuthenticationError, helper, $"The credential helper '{helper}' gave no credentials: {reason}.",
            "Try the helper by hand, or give -RegistryCredential.", inner);

    private static string Words(Exception exception) =>
        (exception.InnerException ?? exception) is { Message: var message } && message.EndsWith('.') ? message : (exception.InnerException ?? exception).Message + ".";

    private static string Said(string? words) => string.IsNullOrEmpty(words) ? "" : $" It says: {words}";
}
