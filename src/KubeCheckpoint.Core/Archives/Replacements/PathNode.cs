using KubeCheckpoint.Budgets;

namespace KubeCheckpoint.Archives.Replacements;

/// <summary>A path in a tree of paths, and what is known of it. Each node draws its memory from a budget.</summary>
internal sealed class PathNode
{
    // The node, its place in the dictionary of its parent, and what the collector has not taken yet of growing that.
    private const int Cost = 192;

    private Dictionary<string, PathNode>? _children;

    /// <summary>What is known of the path.</summary>
    public PathMarks Marks { get; set; }

    /// <summary>The nodes directly below, by name.</summary>
    public IReadOnlyDictionary<string, PathNode> Children => _children ?? [];

    /// <summary>Whether any of some marks is set.</summary>
    public bool Has(PathMarks marks) => (Marks & marks) != 0;

    /// <summary>The node directly below with a name, or null.</summary>
    public PathNode? Child(ReadOnlySpan<char> name) =>
        _children is not null && _children.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out var child) ? child : null;

    /// <summary>The node at a path below, or null.</summary>
    public PathNode? Find(ReadOnlySpan<char> path)
    {
        var node = this;
        foreach (var part in path.Split('/'))
        {
            if (node.Child(path[part]) is not { } child)
                return null;
            node = child;
        }
        return node;
    }

    /// <summary>The node at a path below, which is created where it does not exist.</summary>
    /// <exception cref="KubeCheckpointException">ArchiveBudgetExceeded.</exception>
    public PathNode Add(ReadOnlySpan<char> path, ArchiveBudget budget)
    {
        var node = this;
        foreach (var part in path.Split('/'))
            node = node.Child(path[part]) ?? node.Create(path[part], budget);
        return node;
    }

    /// <summary>Removes everything below.</summary>
    public void Clear() => _children = null;

    /// <summary>Removes a node directly below, with everything below it.</summary>
    public void Remove(string name) => _children?.Remove(name);

    /// <summary>Adopts a node, with everything below it.</summary>
    public void Adopt(string name, PathNode child) => (_children ??= new(StringComparer.Ordinal))[name] = child;

    private PathNode Create(ReadOnlySpan<char> name, ArchiveBudget budget)
    {
        budget.DrawMemory(Cost + sizeof(char) * name.Length, "the paths in folders that were removed and created again");
        var child = new PathNode();
        Adopt(name.ToString(), child);
        return child;
    }
}
