using System.Collections.Concurrent;

namespace KubeCheckpoint.Pipeline;

/// <summary>One value for each key, made when it is first asked for. Those that were made are disposed of together. For any thread.</summary>
internal sealed class PerKey<TKey, TValue>(Func<TKey, TValue> create) : IAsyncDisposable
    where TKey : notnull
    where TValue : notnull
{
    private readonly ConcurrentDictionary<TKey, Lazy<TValue>> _values = new();

    public TValue this[TKey key] => _values.GetOrAdd(key, _ => new Lazy<TValue>(() => create(key))).Value;

    public async ValueTask DisposeAsync()
    {
        foreach (var value in _values.Values.Where(value => value.IsValueCreated))
            await Disposal.DisposeAsync(value.Value);
    }
}
