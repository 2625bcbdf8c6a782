using System.Net;
using System.Security.Authentication;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Registry;

/// <summary>Finds out how a registry is spoken to: https, or http where that is allowed.</summary>
internal static class RegistryEndpoint
{
    private const string DockerHubHost = "registry-1.docker.io";

    /// <summary>Asks for <c>/v2/</c> and returns the base URL that answered, with the answer.</summary>
    public static async Task<(Uri Base, RegistryAnswer Answer)> FindAsync(
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
                throw ImageFailure.RegistryCertificateInvalid(registry, fault, exception);
            if (options.PlainHttp || !(IsTlsFailure(exception) || IsLoopback(registry)) || !await SpeaksHttpAsync(transport, http, cancellationToken).ConfigureAwait(false))
                throw ImageFailure.RegistryUnreachable(registry, exception);
            if (!IsLoopback(registry))
                throw ImageFailure.RegistryIsHttpOnly(registry, exception);
        }
        try
        {
            return await PingAsync(transport, registry, http, retries, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException exception)
        {
            throw ImageFailure.RegistryUnreachable(registry, exception);
        }
    }

    /// <summary>True for this machine itself: there http is no risk.</summary>
    public static bool IsLoopback(string registry)
    {
        var host = new Uri($"http://{registry}/").Host;
        return host == "localhost" || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
    }

    public static bool IsSameOrigin(Uri one, Uri other) => one.Scheme == other.Scheme && one.Host == other.Host && one.Port == other.Port;

    private static async Task<(Uri Base, RegistryAnswer Answer)> PingAsync(
        RegistryTransport transport, string registry, Uri origin, RetrySchedule retries, CancellationToken cancellationToken)
    {
        var request = new RegistryRequest(HttpMethod.Get, new Uri(origin, "v2/"));
        var answer = await retries.RunAsync(() => transport.SendAsync(request, cancellationToken), retryBroken: false, cancellationToken).ConfigureAwait(false);
        if (answer.Status is not (HttpStatusCode.OK or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden))
        {
            throw answer.MayPass
                ? ImageFailure.RegistryRefused(registry, "answer", answer.Status, answer.Words)
                : ImageFailure.RegistryProtocolViolation(registry, $"GET /v2/ gives status {(int)answer.Status}");
        }

        var final = new Uri(answer.Uri, "/");
        return (final.Host == origin.Host ? final : origin, answer);
    }

    private static async Task<bool> SpeaksHttpAsync(RegistryTransport transport, Uri http, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await transport.SendAsync(new RegistryRequest(HttpMethod.Get, new Uri(http, "v2/")), cancellationToken).ConfigureAwait(false);
            // Go's servers answer 400 to http on a TLS port.
            return answer.Status != HttpStatusCode.BadRequest;
        }
        catch (Exception exception) when (exception is HttpRequestException or KubeCheckpointException)
        {
            return false;
        }
    }

    private static bool IsTlsFailure(HttpRequestException exception) =>
        exception.HttpRequestError == HttpRequestError.SecureConnectionError || exception.InnerException is AuthenticationException;
}
