namespace KubeCheckpoint.Http;

/// <summary>URLs that a server sends: a Location, the realm of a challenge.</summary>
internal static class OutsideUrl
{
    /// <summary>
    /// The URL, without a user name and password in it, which would not be the user's; null for one that no http or https request can be sent to.
    /// </summary>
    public static Uri? TryRead(Uri? uri)
    {
        if (uri is not { IsAbsoluteUri: true, Scheme: "http" or "https", Port: > 0 } || uri.Host.Length == 0 || !HasName(uri))
            return null;
        return uri.UserInfo.Length == 0 ? uri : new UriBuilder(uri) { UserName = "", Password = "" }.Uri;
    }

    // Only reading it shows that a name has characters which no host has.
    private static bool HasName(Uri uri)
    {
        try
        {
            return uri.IdnHost.Length > 0;
        }
        catch (UriFormatException)
        {
            return false;
        }
    }
}
