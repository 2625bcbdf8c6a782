using System.Net;

namespace KubeCheckpoint.Http;

/// <summary>A response whose body is read as a stream, at a minimum rate; the caller disposes it.</summary>
internal sealed class HttpStream(HttpResponseMessage response, Stream body, StallGuard guard) : IDisposable
{
    public HttpStatusCode Status => response.StatusCode;

    /// <summary>The size of the body by its header, or null.</summary>
    public long? Length => response.Content.Headers.ContentLength;

    /// <summary>The first byte of the body within the whole, by its header, or null.</summary>
    public long? From => response.Content.Headers.ContentRange?.From;

    /// <summary>Reads bytes; 0 at the end.</summary>
    /// <exception cref="IOException">The connection failed, or is too slow.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer)
    {
        try
        {
            return await guard.ReadAsync(body, buffer).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (guard.HasStalled)
        {
            throw new IOException($"Almost no data was received for {guard.Limit.TotalSeconds:0} seconds.", exception);
        }
        catch (HttpRequestException exception)
        {
            throw new IOException(exception.Message, exception);
        }
    }

    public void Dispose()
    {
        body.Dispose();
        response.Dispose();
        guard.Dispose();
    }
}
