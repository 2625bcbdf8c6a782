using System.Net.Http.Headers;

namespace KubeCheckpoint.Http;

/// <summary>A request that can be repeated: its body is created each time.</summary>
internal record HttpCall(HttpMethod Method, Uri Uri)
{
    public Func<StallGuard, HttpContent>? Content { get; init; }

    /// <summary>The secret in the body, or null: it is sent to the origin of <see cref="Uri"/>, and a redirect to another one is refused.</summary>
    public string? SecretOfBody { get; init; }

    /// <summary>Sent only to the origin of <see cref="Uri"/>, not to where it redirects.</summary>
    public AuthenticationHeaderValue? Authorization { get; init; }

    /// <summary>The secrets that this sends.</summary>
    public SentSecrets Secrets => SentSecrets.Of(Authorization, SecretOfBody);

    /// <summary>The media types that are accepted; empty where that does not matter.</summary>
    public IReadOnlyList<string> Accept { get; init; } = [];

    /// <summary>The first byte to read, where a read resumes in the middle.</summary>
    public long From { get; init; }

    /// <summary>Asks the server to agree before the body is sent, so that a refusal does not cost the whole upload.</summary>
    public bool ExpectContinue { get; init; }

    /// <summary>False for a server that must respond itself: its redirects are refusals.</summary>
    public bool FollowsRedirects { get; init; } = true;

    /// <summary>The limit for the body of the response, in bytes.</summary>
    public int LargestBody { get; init; } = 1024 * 1024;

    /// <summary>The limit for the whole exchange. Default: a limit for each of its parts.</summary>
    public TimeSpan? Deadline { get; init; }

    /// <summary>Sets what is special about this request.</summary>
    public Action<HttpRequestMessage>? Prepare { get; init; }

    /// <summary>The message for a URL, which is that of this request or one that it is redirected to.</summary>
    public HttpRequestMessage ToMessage(Uri target, StallGuard guard)
    {
        var message = new HttpRequestMessage(Method, target) { Content = Content?.Invoke(guard) };
        message.Headers.UserAgent.ParseAdd(HttpSender.UserAgent);
        foreach (var accepted in Accept)
            message.Headers.Accept.ParseAdd(accepted);
        if (From > 0)
            message.Headers.Range = new RangeHeaderValue(From, null);
        if (ExpectContinue)
            message.Headers.ExpectContinue = true;
        if (Origin.AreSame(target, Uri))
            message.Headers.Authorization = Authorization;
        Prepare?.Invoke(message);
        return message;
    }
}
