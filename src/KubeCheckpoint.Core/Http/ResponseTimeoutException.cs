using System.Globalization;

namespace KubeCheckpoint.Http;

/// <summary>A limit of time for a request is over.</summary>
/// <param name="limit">The limit.</param>
/// <param name="inner">What the handler has thrown.</param>
internal sealed class ResponseTimeoutException(TimeSpan limit, Exception inner)
    : TimeoutException(string.Create(CultureInfo.InvariantCulture, $"No response within {limit.TotalSeconds:0.#} s."), inner)
{
    public TimeSpan Limit { get; } = limit;
}
