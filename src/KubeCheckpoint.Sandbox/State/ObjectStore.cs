using System.Globalization;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace KubeCheckpoint.Sandbox.State;

/// <summary>What etcd is to an API server: objects, versions, and a history to watch.</summary>
internal sealed class ObjectStore
{
    private const int HistoryLength = 5000;

    private readonly Lock gate = new();
    private readonly Dictionary<string, SortedDictionary<string, StoredObject>> objects = [];
    private readonly Queue<StoredChange> history = new();
    private readonly List<Channel<StoredChange>> watchers = [];
    private long version = 1000;

    public long Version
    {
        get
        {
            lock (gate)
            {
                return version;
            }
        }
    }

    public StoredObject? Get(string resource, string ns, string name)
    {
        lock (gate)
        {
            return Of(resource).GetValueOrDefault(StoredObject.KeyOf(ns, name));
        }
    }

    /// <summary>The objects of a namespace (null: of all), in the order of their keys, and the version the list is of.</summary>
    public (List<StoredObject> Objects, long Version) List(string resource, string? ns = null)
    {
        lock (gate)
        {
            return ([.. Of(resource).Values.Where(stored => ns is null || stored.Namespace == ns)], version);
        }
    }

    /// <summary>Stores a new object; null when the name is taken.</summary>
    public StoredObject? Create(string resource, JsonObject json)
    {
        var ns = json.Text("metadata", "namespace");
        var name = json.Text("metadata", "name");
        lock (gate)
        {
            return Of(resource).ContainsKey(StoredObject.KeyOf(ns, name))
                ? null
                : Put(StoredChange.Added, Stamp(resource, ns, name, json), null);
        }
    }

    /// <summary>Changes an object; null when it is not there (any more).</summary>
    public StoredObject? Update(string resource, string ns, string name, Action<JsonObject> change)
    {
        lock (gate)
        {
            if (Of(resource).GetValueOrDefault(StoredObject.KeyOf(ns, name)) is not { } previous)
            {
                return null;
            }

            var json = previous.Parse();
            change(json);
            return Put(StoredChange.Modified, Stamp(resource, ns, name, json), previous);
        }
    }

    public StoredObject? Delete(string resource, string ns, string name)
    {
        lock (gate)
        {
            if (Of(resource).GetValueOrDefault(StoredObject.KeyOf(ns, name)) is not { } previous)
            {
                return null;
            }

            return Put(StoredChange.Deleted, Stamp(resource, ns, name, previous.Parse()), previous);
        }
    }

    /// <summary>Changes after a version and from then on; null when the history does not reach back that far.</summary>
    public ObjectWatch? Watch(long after)
    {
        lock (gate)
        {
            if (history.Count == HistoryLength && history.Peek().Object.Version > after + 1)
            {
                return null;
            }

            // A watcher that falls this far behind is dropped, as the API server's watch cache does.
            var channel = Channel.CreateBounded<StoredChange>(HistoryLength + 1);
            foreach (var change in history.Where(change => change.Object.Version > after))
            {
                channel.Writer.TryWrite(change);
            }

            watchers.Add(channel);
            return new ObjectWatch(channel.Reader, () => Remove(channel));
        }
    }

    private SortedDictionary<string, StoredObject> Of(string resource)
    {
        if (!objects.TryGetValue(resource, out var found))
        {
            found = new SortedDictionary<string, StoredObject>(StringComparer.Ordinal);
            objects[resource] = found;
        }

        return found;
    }

    private StoredObject Stamp(string resource, string ns, string name, JsonObject json)
    {
        version++;
        json.Child("metadata")["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture);
        return new StoredObject(resource, ns, name, version, json.ToBytes());
    }

    private StoredObject Put(string type, StoredObject stored, StoredObject? previous)
    {
        if (type == StoredChange.Deleted)
        {
            Of(stored.Resource).Remove(stored.Key);
        }
        else
        {
            Of(stored.Resource)[stored.Key] = stored;
        }

        var change = new StoredChange(type, stored, previous);
        history.Enqueue(change);
        if (history.Count > HistoryLength)
        {
            history.Dequeue();
        }

        foreach (var watcher in watchers.Where(watcher => !watcher.Writer.TryWrite(change)).ToList())
        {
            watcher.Writer.TryComplete();
            watchers.Remove(watcher);
        }

        return stored;
    }

    private void Remove(Channel<StoredChange> channel)
    {
        lock (gate)
        {
            watchers.Remove(channel);
        }
    }
}
