using System.Net;
using System.Security.Authentication;
using KubeCheckpoint.Http;

namespace KubeCheckpoint.Images.Registry;

/// <summary>Finds the URL of a registry: https, or http where that is allowed.</summary>
internal static class RegistryEndpoint
{
    private const string DockerHubHost = "registry-1.docker.io";

    /// <summary>Requests <c>/v2/</c> and returns the base URL that responded, with the response.</summary>
    public static async Task<(Uri Base, RegistryResponse Response)> FindAsync(
        RegistryTransport transport, string registry, RegistryOptions options, CancellationToken cancellationToken)
    {
        var host = registry == "docker.io" ? DockerHubHost : registry;
        var https = new Uri($"https://{host}/");
        var http = new Uri($"http://{host}/");
        try
        {
            return await PingAsync(transport, registry, options.PlainHttp ? http : https, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException exception)
        {
            if (transport.CertificateFault is { } fault)
                throw RegistryFailure.RegistryCertificateInvalid(registry, fault, exception);
            var maySpeakHttp = !options.PlainHttp && (IsTlsFailure(exception) || IsLoopback(registry));
            if (!maySpeakHttp || !await SpeaksHttpAsync(transport, http, cancellationToken).ConfigureAwait(false))
                throw RegistryFailure.RegistryUnreachable(registry, exception);
            if (!IsLoopback(registry))
                throw RegistryFailure.RegistryIsHttpOnly(registry, exception);
        }
        try
        {
            return await PingAsync(transport, registry, http, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException exception)
        {
            throw RegistryFailure.RegistryUnreachable(registry, exception);
        }
    }

    /// <summary>True for this machine: there http is no risk.</summary>
    public static bool IsLoopback(string registry) => Origin.IsLoopback(new Uri($"http://{registry}/"));

    /// <summary>
    /// The URL that requests are sent to, and so the origin that credentials are bound to: the one that was asked for, whatever it redirects to.
    /// Only a redirect from http to https at the same host and the default ports, or the same port, is taken over.
    /// </summary>
    internal static Uri BaseOf(Uri asked, Uri responded)
    {
        var isSecured = asked.Scheme == "http" && responded.Scheme == "https" && asked.IdnHost == responded.IdnHost
            && (asked.Port == responded.Port || (asked.IsDefaultPort && responded.IsDefaultPort));
        return isSecured ? new Uri(responded, "/") : asked;
    }

    private static async Task<(Uri Base, RegistryResponse Response)> PingAsync(
        RegistryTransport transport, string registry, Uri origin, CancellationToken cancellationToken)
    {
        var request = new RegistryRequest(HttpMethod.Get, new Uri(origin, "v2/"));
        // A connection that cannot be made may mean that the registry speaks http.
        var response = await transport.RepeatAsync(
            () => transport.SendAsync(request, cancellationToken), broken => !RetrySchedule.IsNeverSent(broken), cancellationToken).ConfigureAwait(false);
        if (response.Status is not (HttpStatusCode.OK or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden))
        {
            throw response.IsTransient
                ? RegistryFailure.RegistryRefused(registry, "respond", response.Status, response.Message)
                : RegistryFailure.RegistryProtocolViolation(registry, $"GET /v2/ returns status {(int)response.Status}");
        }

        return (BaseOf(origin, response.Uri), response);
    }

    private static async Task<bool> SpeaksHttpAsync(RegistryTransport transport, Uri http, CancellationToken cancellationToken)
    {
        try
        {
            var response = await transport.SendAsync(new RegistryRequest(HttpMethod.Get, new Uri(http, "v2/")), cancellationToken).ConfigureAwait(false);
            // Go's servers respond to http on a TLS port with 400.
            return response.Status != HttpStatusCode.BadRequest;
        }
        catch (Exception exception) when (exception is HttpRequestException or KubeCheckpointException)
        {
            return false;
        }
    }

    private static bool IsTlsFailure(HttpRequestException exception) =>
        exception.HttpRequestError == HttpRequestError.SecureConnectionError || exception.InnerException is AuthenticationException;
}
