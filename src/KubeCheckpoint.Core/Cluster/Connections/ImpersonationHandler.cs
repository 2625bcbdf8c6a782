using System.Globalization;
using System.Text;
using KubeCheckpoint.Cluster.KubeConfigs;

namespace KubeCheckpoint.Cluster.Connections;

/// <summary>Makes every request as another user, with the headers of client-go.</summary>
internal sealed class ImpersonationHandler(Impersonation user, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    /// <summary>The beginning of the names of all these headers.</summary>
    public const string Prefix = "Impersonate-";

    private const string HeaderCharacters = "!#$&'*+-.^_`|~";

    private readonly List<(string Name, string Value)> _headers =
    [
        .. Header("User", user.User is null ? [] : [user.User]),
        .. Header("Uid", user.Uid is null ? [] : [user.Uid]),
        .. Header("Group", user.Groups),
        .. user.Extra.SelectMany(extra => Header($"Extra-{Escape(extra.Key)}", extra.Value)),
    ];

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        foreach (var (name, value) in _headers)
        {
            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return base.SendAsync(request, cancellationToken);
    }

    private static IEnumerable<(string Name, string Value)> Header(string name, IReadOnlyCollection<string> values) =>
        values.Count == 0 ? [] : [(Prefix + name, string.Join(HeaderLines.Separator, values))];

    /// <summary>A name as a header's, with what a header's name cannot hold percent-encoded.</summary>
    private static string Escape(string name) => string.Concat(Encoding.UTF8.GetBytes(name).Select(value =>
        char.IsAsciiLetterOrDigit((char)value) || HeaderCharacters.Contains((char)value, StringComparison.Ordinal)
            ? ((char)value).ToString()
            : $"%{value.ToString("X2", CultureInfo.InvariantCulture)}"));
}
