using System.Net;
using System.Security.Authentication;

namespace KubeCheckpoint.Images.Registry;

/// <summary>Finds the URL of a registry: https, or http where that is allowed.</summary>
internal static class RegistryEndpoint
{
    private const string DockerHubHost = "registry-1.docker.io";

    /// <summary>Requests <c>/v2/</c> and returns the base URL that responded, with the response.</summary>
    public static async Task<(Uri Base, RegistryResponse Answer)> FindAsync(
        RegistryTransport transport, string registry, RegistryOptions options, RetrySchedule retries, CancellationToken cancellationToken)
    {
        var host = registry == "docker.io" ? DockerHubHost : registry;
        var https = new Uri($"https://{host}/");
        var http = new Uri($"http://{host}/");
        try
        {
            return await PingAsync(transport, registry, options.PlainHttp ? http : https, retries, cancellationToken).ConfigureAwait(false);
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
            return await PingAsync(transport, registry, http, retries, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException exception)
        {
            throw RegistryFailure.RegistryUnreachable(registry, exception);
        }
    }

    /// <summary>True for this machine: there http is no risk.</summary>
    public static bool IsLoopback(string registry)
    {
        var host = new Uri($"http://{registry}/").Host;
        return host == "localhost" || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
    }

    public static bool IsSameOrigin(Uri one, Uri other) => one.Scheme == other.Scheme && one.Host == other.Host && one.Port == other.Port;

    private static async Task<(Uri Base, RegistryResponse Answer)> PingAsync(
        RegistryTransport transport, string registry, Uri origin, RetrySchedule retries, CancellationToken cancellationToken)
    {
        var request = new RegistryRequest(HttpMethod.Get, new Uri(origin, "v2/"));
        var response = await retries.RunAsync(
            () => transport.SendAsync(request, cancellationToken), retryBroken: false, cancellationToken).ConfigureAwait(false);
        if (response.Status is not (HttpStatusCode.OK or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden))
        {
            throw response.IsTransient
                ? RegistryFailure.RegistryRefused(registry, "respond", response.Status, response.Message)
                : RegistryFailure.RegistryProtocolViolation(registry, $"GET /v2/ returns status {(int)response.Status}");
        }

        var final = new Uri(response.Uri, "/");
        return (final.Host == origin.Host ? final : origin, response);
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
