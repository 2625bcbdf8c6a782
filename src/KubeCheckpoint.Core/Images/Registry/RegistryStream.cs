using System.Net;

namespace KubeCheckpoint.Images.Registry;

/// <summary>A response whose body is read as a stream; the caller disposes it.</summary>
internal sealed class RegistryStream(HttpResponseMessage response, Stream body, StallGuard guard, RegistryTimings timings) : IDisposable
{
    public HttpStatusCode Status => response.StatusCode;

    /// <summary>The size of the body by its header, or null.</summary>
    public long? Length => response.Content.Headers.ContentLength;

    /// <summary>Reads bytes; 0 at the end.</summary>
    /// <exception cref="IOException">The connection failed.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer)
    {
        try
        {
            guard.Expect(timings.Stall);
            return await body.ReadAsync(buffer, guard.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (guard.HasStalled)
        {
            throw new IOException($"No data was received for {timings.Stall.TotalSeconds:0} seconds.", exception);
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
