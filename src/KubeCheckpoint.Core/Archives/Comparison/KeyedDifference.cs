namespace KubeCheckpoint.Archives.Comparison;

/// <summary>Pairs the items of two checkpoints by a key. Where a key occurs more than once, they are paired in order.</summary>
internal static class KeyedDifference
{
    /// <summary>The pairs: first those of the difference in its order, then those that only the reference has.</summary>
    public static IEnumerable<(T? Before, T? After)> Pair<T, TKey>(IEnumerable<T> before, IEnumerable<T> after, Func<T, TKey> key)
        where T : class
        where TKey : notnull
    {
        var waiting = new Dictionary<TKey, Queue<T>>();
        foreach (var item in before)
        {
            if (!waiting.TryGetValue(key(item), out var queue))
                waiting.Add(key(item), queue = new Queue<T>());
            queue.Enqueue(item);
        }
        foreach (var item in after)
            yield return (waiting.TryGetValue(key(item), out var queue) && queue.TryDequeue(out var partner) ? partner : null, item);
        foreach (var left in waiting.Values.SelectMany(queue => queue))
            yield return (left, null);
    }
}
