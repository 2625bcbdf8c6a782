namespace KubeCheckpoint.Pipeline;

/// <summary>Disposes of what may be disposable in either way.</summary>
internal static class Disposal
{
    public static async ValueTask DisposeAsync(object resource)
    {
        if (resource is IAsyncDisposable asyncDisposable)
            await asyncDisposable.DisposeAsync();
        else
            (resource as IDisposable)?.Dispose();
    }
}
