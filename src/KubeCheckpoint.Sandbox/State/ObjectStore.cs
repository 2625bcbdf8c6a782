using System.Globalization;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.State;

/// <summary>The store behind the API server, as etcd is: objects, versions, and a history to watch.</summary>
internal sealed class ObjectStore
{
    private const int HistoryLength = 5000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, SortedDictionary<string, StoredObject>> _objects = [];
    private readonly Queue<StoredChange> _history = new();
    private readonly List<Channel<StoredChange>> _watchers = [];
    private long _version = 1000;

    public long Version
    {
        get
        {
            lock (_gate)
                return _version;
        }
    }

    public StoredObject? Get(string resource, string ns, string name)
    {
        lock (_gate)
            return Of(resource).GetValueOrDefault(StoredObject.KeyOf(ns, name));
    }

    /// <summary>The objects of a namespace (null: of all namespaces), sorted by their keys, and the version of the list.</summary>
    public (List<StoredObject> Objects, long Version) List(string resource, string? ns = null)
    {
        lock (_gate)
            return ([.. Of(resource).Values.Where(stored => ns is null || stored.Namespace == ns)], _version);
    }

    /// <summary>Stores a new object; null if the name is taken.</summary>
    public StoredObject? Create(string resource, JsonObject json)
    {
        var ns = json.Text("metadata", "namespace");
        var name = json.Text("metadata", "name");
        lock (_gate)
        {
            return Of(resource).ContainsKey(StoredObject.KeyOf(ns, name))
                ? null
                : Put(StoredChange.Added, Stamp(resource, ns, name, json), null);
        }
    }

    /// <summary>Changes an object; null if it does not exist (any more).</summary>
    public StoredObject? Update(string resource, string ns, string name, Action<JsonObject> change)
    {
        lock (_gate)
        {
            if (Of(resource).GetValueOrDefault(StoredObject.KeyOf(ns, name)) is not { } previous)
                return null;
            var json = previous.Parse();
            change(json);
            return Put(StoredChange.Modified, Stamp(resource, ns, name, json), previous);
        }
    }

    public StoredObject? Delete(string resource, string ns, string name)
    {
        lock (_gate)
        {
            if (Of(resource).GetValueOrDefault(StoredObject.KeyOf(ns, name)) is not { } previous)
                return null;
            return Put(StoredChange.Deleted, Stamp(resource, ns, name, previous.Parse()), previous);
        }
    }

    /// <summary>The changes since a version, and future ones; null if the history does not go back that far.</summary>
    public ObjectWatch? Watch(long after)
    {
        lock (_gate)
        {
            if (_history.Count == HistoryLength && _history.Peek().Object.Version > after + 1)
                return null;

            // A watcher that falls this far behind is dropped, as in the API server's watch cache.
            var channel = Channel.CreateBounded<StoredChange>(HistoryLength + 1);
            foreach (var change in _history.Where(change => change.Object.Version > after))
                channel.Writer.TryWrite(change);
            _watchers.Add(channel);
            return new ObjectWatch(channel.Reader, () => Remove(channel));
        }
    }

    private SortedDictionary<string, StoredObject> Of(string resource)
    {
        if (!_objects.TryGetValue(resource, out var found))
        {
            found = new SortedDictionary<string, StoredObject>(StringComparer.Ordinal);
            _objects[resource] = found;
        }
        return found;
    }

    private StoredObject Stamp(string resource, string ns, string name, JsonObject json)
    {
        _version++;
        json.Child("metadata")["resourceVersion"] = _version.ToString(CultureInfo.InvariantCulture);
        return new StoredObject(resource, ns, name, _version, json.ToBytes());
    }

    private StoredObject Put(string type, StoredObject stored, StoredObject? previous)
    {
        if (type == StoredChange.Deleted)
            Of(stored.Resource).Remove(stored.Key);
        else
            Of(stored.Resource)[stored.Key] = stored;
        var change = new StoredChange(type, stored, previous);
        _history.Enqueue(change);
        if (_history.Count > HistoryLength)
            _history.Dequeue();
        foreach (var watcher in _watchers.Where(watcher => !watcher.Writer.TryWrite(change)).ToList())
        {
            watcher.Writer.TryComplete();
            _watchers.Remove(watcher);
        }
        return stored;
    }

    private void Remove(Channel<StoredChange> channel)
    {
        lock (_gate)
            _watchers.Remove(channel);
    }
}
