namespace KubeCheckpoint.Sandbox.State;

/// <summary>
/// The images in a node's store. An image that is pulled under a tag takes the tag from the image that had it. An image without a name is
/// still there under its ID.
/// </summary>
internal sealed class NodeImages
{
    private readonly Lock _gate = new();
    private readonly List<Entry> _entries = [];

    /// <summary>The names of each image, as a node lists them.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Names
    {
        get
        {
            lock (_gate)
                return [.. _entries.Select(NamesOf)];
        }
    }

    public bool Has(string reference) => Find(reference) is not null;

    /// <summary>Whether an image has a name.</summary>
    public bool HasName(string reference) => Find(reference)?.Names.Count > 0;

    /// <summary>Adds an image under a name, which it takes from any other.</summary>
    public void Add(SandboxImage image, string reference)
    {
        lock (_gate)
        {
            foreach (var other in _entries)
                other.Names.Remove(reference);
            var entry = _entries.Find(known => known.Id == image.Id);
            if (entry is null)
            {
                entry = new Entry(image.Id, image.Digest, []);
                _entries.Add(entry);
            }
            entry.Names.Add(reference);
        }
    }

    public void Remove(string id)
    {
        lock (_gate)
            _entries.RemoveAll(entry => entry.Id == id);
    }

    private Entry? Find(string reference)
    {
        lock (_gate)
            return _entries.Find(entry => entry.Id == reference || entry.Names.Contains(reference) || Digests(entry).Contains(reference));
    }

    private static IReadOnlyList<string> NamesOf(Entry entry) =>
        [.. Digests(entry), .. entry.Names.Where(name => !name.Contains('@', StringComparison.Ordinal))];

    private static IEnumerable<string> Digests(Entry entry) => entry.Names.Select(name => $"{Repository(name)}@{entry.Digest}").Distinct();

    private static string Repository(string name)
    {
        var at = name.IndexOf('@', StringComparison.Ordinal);
        return at >= 0 ? name[..at] : name[..name.LastIndexOf(':')];
    }

    private sealed record Entry(string Id, string Digest, HashSet<string> Names);
}
