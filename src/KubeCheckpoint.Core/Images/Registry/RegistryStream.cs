using System.Net;

namespace KubeCheckpoint.Images.Registry;

/// <summary>An answer whose body is read as it comes, and which is closed by who asked for it.</summary>
internal sealed class RegistryStream(HttpResponseMessage response, Stream body, StallGuard guard, RegistryTimings timings) : IDisposable
{
    public HttpStatusCode Status => response.StatusCode;

    /// <summary>How many bytes the body has, by the header; null where it does not say.</summary>
    public long? Length => response.Content.Headers.ContentLength;

    /// <summary>Reads some bytes; 0 at the end.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer)
    {
        try
        {
            guard.Expect(timings.Stall);
            return await body.ReadAsync(buffer, guard.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (guard.HasStalled)
        {
            throw new IOException($"No byte came for {timings.Stall.TotalSeconds:0} seconds.", exception);
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
