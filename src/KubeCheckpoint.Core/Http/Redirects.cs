using System.Net;

namespace KubeCheckpoint.Http;

/// <summary>Where a Location header of a response may lead. No Location ever leads from https to http.</summary>
internal static class Redirects
{
    /// <summary>The redirects of one request that are followed.</summary>
    public const int Longest = 5;

    public static bool Is(HttpStatusCode status) => status is HttpStatusCode.MovedPermanently or HttpStatusCode.Found
        or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;

    /// <summary>
    /// The URL of a Location header, without a user name and password in it. A server behind a TLS proxy may say http for itself, and means https.
    /// </summary>
    /// <exception cref="RedirectException">It is no URL for http or https, or leads from https to http.</exception>
    public static Uri Resolve(Uri from, Uri location)
    {
        var target = Uri.TryCreate(from, location, out var resolved) ? OutsideUrl.TryRead(resolved) : null;
        if (target is null)
            throw new RedirectException("a Location header holds no http or https URL");
        if (from.Scheme != "https" || target.Scheme == "https")
            return target;
        return target.Host == from.Host
            ? new UriBuilder(target) { Scheme = "https", Port = from.Port }.Uri
            : throw new RedirectException($"it points from https to http on '{target.Host}'");
    }
}

/// <summary>A redirect that is not followed.</summary>
/// <param name="reason">Why.</param>
/// <param name="secretFor">The origin to which a secret of the body would have gone, or null where there is none.</param>
internal sealed class RedirectException(string reason, Origin? secretFor = null) : Exception(reason)
{
    public Origin? SecretFor { get; } = secretFor;
}
