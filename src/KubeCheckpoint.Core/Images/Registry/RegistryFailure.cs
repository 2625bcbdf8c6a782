using System.Globalization;
using System.Net;
using KubeCheckpoint.Http;

namespace KubeCheckpoint.Images.Registry;

/// <summary>Failures to use a registry, and to find the credentials for it.</summary>
internal static class RegistryFailure
{
    /// <summary>The registry cannot be reached, or the connection failed too often.</summary>
    public static KubeCheckpointException RegistryUnreachable(string registry, Exception inner) => new(
        nameof(RegistryUnreachable), FailureCategory.ConnectionError, registry,
        $"The registry '{registry}' cannot be reached: {(inner.InnerException ?? inner).Message.TrimEnd('.')}.",
        "Check name, port, network and proxy, and that the registry is running.", inner);

    /// <summary>The connections to the registry broke too often in a row while a blob was sent or received.</summary>
    public static KubeCheckpointException RegistryUnreachable(string registry, long done, long total, Exception inner) => new(
        nameof(RegistryUnreachable), FailureCategory.ConnectionError, registry,
        $"The connections to the registry '{registry}' break before data gets through: {(inner.InnerException ?? inner).Message.TrimEnd('.')}. "
            + string.Create(CultureInfo.InvariantCulture, $"{done} of {total} bytes arrived."),
        "Check the network and any proxy in front of the registry, and try again: blobs that it already has are not sent again.", inner);

    /// <summary>The registry stopped sending or receiving data.</summary>
    public static KubeCheckpointException RegistryStalled(string registry, TimeSpan limit, Exception inner) => new(
        nameof(RegistryStalled), FailureCategory.OperationTimeout, registry,
        $"The registry '{registry}' was too slow: no complete response, or almost no data, "
            + string.Create(CultureInfo.InvariantCulture, $"within {limit.TotalSeconds:0.#} seconds."),
        "Check the registry's log and load, and try again: blobs that it already has are not sent again.", inner);

    /// <summary>The registry requires a login, or rejects the credentials.</summary>
    public static KubeCheckpointException RegistryUnauthorized(string registry, string? credentials, string? message = null) => new(
        nameof(RegistryUnauthorized), FailureCategory.AuthenticationError, registry,
        credentials is null
            ? $"The registry '{registry}' requires a login, and no credentials were found for it.{Quote(message)}"
            : $"The registry '{registry}' rejects the credentials from {credentials}.{Quote(message)}",
        "Log in with podman login or docker login, or give -RegistryCredential.");

    /// <summary>The token server cannot be reached, or its certificate is not valid.</summary>
    public static KubeCheckpointException TokenServerUnreachable(string registry, Origin tokenServer, string? certificateFault, Exception inner) => new(
        nameof(TokenServerUnreachable), FailureCategory.ConnectionError, registry,
        $"The token server {tokenServer} of the registry '{registry}' cannot be reached: "
        + $"{certificateFault ?? inner.GetBaseException().Message.TrimEnd('.')}.",
        "Check network and proxy, and ask who runs the registry whether its token server is running.", inner);

    /// <summary>The token server redirects a request whose body holds the identity token to another origin.</summary>
    public static KubeCheckpointException CredentialsRedirected(string registry, Origin tokenServer, Origin other, Exception inner) => new(
        nameof(CredentialsRedirected), FailureCategory.SecurityError, registry,
        $"The token server {tokenServer} of the registry '{registry}' redirects to {other}. The identity token was not sent there.",
        "Ask who runs the registry whether this is meant. If it is, log in with a user name and password instead of an identity token.", inner);

    /// <summary>The user is logged in to the registry and lacks a permission.</summary>
    public static KubeCheckpointException RegistryForbidden(string registry, string repository, string? message) => new(
        nameof(RegistryForbidden), FailureCategory.PermissionDenied, $"{registry}/{repository}",
        $"The registry '{registry}' denies this user access to '{repository}'.{Quote(message)}",
        "Choose a repository that you have access to, or ask for the permission. Some registries need the repository to be created first.");

    /// <summary>The registry speaks http only, which is not used without consent.</summary>
    public static KubeCheckpointException RegistryIsHttpOnly(string registry, Exception inner) => new(
        nameof(RegistryIsHttpOnly), FailureCategory.SecurityError, registry,
        $"The registry '{registry}' speaks http only. Nothing was sent: an image holds the memory of a process.",
        "Give -PlainHttp if you trust the network between here and the registry, or set up https for the registry.", inner);

    /// <summary>The registry's certificate is not valid.</summary>
    public static KubeCheckpointException RegistryCertificateInvalid(string registry, string reason, Exception inner) => new(
        nameof(RegistryCertificateInvalid), FailureCategory.SecurityError, registry,
        $"The certificate of the registry '{registry}' is not valid: {reason}.",
        "Give the certificate authority that signed it with -RegistryCACertificate, or accept any certificate with -SkipRegistryCertificateCheck.", inner);

    /// <summary>The registry refused a request.</summary>
    public static KubeCheckpointException RegistryRefused(string registry, string action, HttpStatusCode status, string? message) => new(
        nameof(RegistryRefused), FailureCategory.InvalidOperation, registry,
        $"The registry '{registry}' refused to {action}: status {(int)status}.{Quote(message)}",
        status switch
        {
            HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable => "Try again later.",
            HttpStatusCode.RequestEntityTooLarge => "The registry or a proxy in front of it limits the size of uploads: raise the limit.",
            _ => "Read the registry's message; its log says more.",
        });

    /// <summary>The response does not follow the OCI distribution specification.</summary>
    public static KubeCheckpointException RegistryProtocolViolation(string registry, string reason, Exception? inner = null) => new(
        nameof(RegistryProtocolViolation), FailureCategory.ProtocolError, registry,
        $"'{registry}' does not respond as a registry should: {reason}.",
        "Check that host and port are those of a registry (OCI distribution specification), and check any proxy in front of it.", inner);

    /// <summary>A file with credentials exists and cannot be used.</summary>
    public static KubeCheckpointException CredentialFileInvalid(string path, string reason, Exception? inner = null) => new(
        nameof(CredentialFileInvalid), FailureCategory.AuthenticationError, path,
        $"The credentials file '{path}' cannot be used: {reason}.",
        "Correct the file, log in again, or give -RegistryCredential.", inner);

    /// <summary>A credential helper failed or could not be started.</summary>
    public static KubeCheckpointException CredentialHelperFailed(string helper, string reason, Exception? inner = null) => new(
        nameof(CredentialHelperFailed), FailureCategory.AuthenticationError, helper,
        $"The credential helper '{helper}' returned no credentials: {reason}.",
        "Run the helper by hand to see why, or give -RegistryCredential.", inner);

    private static string Quote(string? message) => string.IsNullOrEmpty(message) ? "" : $" Its message: {message}";
}
