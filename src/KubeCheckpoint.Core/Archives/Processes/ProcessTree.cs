namespace KubeCheckpoint.Archives.Processes;

/// <summary>
/// Puts processes in the order of a tree and draws its lines. A process whose parent was not selected is shown below the
/// nearest selected ancestor. The archive may contain cycles and duplicates: every process occurs exactly once.
/// </summary>
internal sealed class ProcessTree
{
    // Deeper trees would not fit a screen, and a very long chain of processes would exhaust memory.
    private const int DrawnDepth = 64;

    private readonly IReadOnlyList<TaskNode> _tasks;
    private readonly IReadOnlyDictionary<uint, uint> _parents;
    private readonly Dictionary<uint, int> _indexes = [];
    private readonly Dictionary<uint, int> _ancestors = [];
    private readonly List<int>[] _children;
    private readonly bool[] _seen;

    private ProcessTree(IReadOnlyList<TaskNode> tasks, IReadOnlyDictionary<uint, uint> parents)
    {
        _tasks = tasks;
        _parents = parents;
        _children = new List<int>[tasks.Count];
        _seen = new bool[tasks.Count];
        for (var i = 0; i < tasks.Count; i++)
            _indexes.TryAdd(tasks[i].Entry.Pid, i);
    }

    /// <summary>Parents before their children, siblings in the order they had.</summary>
    /// <param name="tasks">The selected processes.</param>
    /// <param name="parents">The parent of every process.</param>
    public static IEnumerable<TaskNode> Order(IReadOnlyList<TaskNode> tasks, IReadOnlyDictionary<uint, uint> parents) =>
        new ProcessTree(tasks, parents).Order();

    private IEnumerable<TaskNode> Order()
    {
        var roots = new List<int>();
        for (var i = 0; i < _tasks.Count; i++)
        {
            var parent = FindAncestor(_tasks[i].Entry.Ppid);
            if (parent < 0 || parent == i)
                roots.Add(i);
            else
                (_children[parent] ??= []).Add(i);
        }
        // What cannot be reached from a root is in a cycle.
        return roots.Concat(Enumerable.Range(0, _tasks.Count)).SelectMany(Walk);
    }

    private IEnumerable<TaskNode> Walk(int root)
    {
        var open = new Stack<(int Index, int Depth, string Prefix, string Indent)>();
        open.Push((root, 0, "", ""));
        while (open.TryPop(out var next))
        {
            if (_seen[next.Index])
                continue;
            _seen[next.Index] = true;
            yield return _tasks[next.Index] with { Depth = next.Depth, Prefix = next.Prefix };
            var children = _children[next.Index] ?? [];
            for (var i = children.Count - 1; i >= 0; i--)
            {
                var isLast = i == children.Count - 1;
                var (prefix, indent) = next.Depth >= DrawnDepth
                    ? (next.Prefix, next.Indent)
                    : (next.Indent + (isLast ? "└─ " : "├─ "), next.Indent + (isLast ? "   " : "│  "));
                open.Push((children[i], next.Depth + 1, prefix, indent));
            }
        }
    }

    // The index of the nearest selected ancestor, or -1. The result is cached for every process on the way.
    private int FindAncestor(uint id)
    {
        var passed = new List<uint>();
        var found = -1;
        for (var current = id; ; current = _parents[current])
        {
            if (_indexes.TryGetValue(current, out found) || _ancestors.TryGetValue(current, out found))
                break;
            found = -1;
            _ancestors.Add(current, -1);
            passed.Add(current);
            if (!_parents.ContainsKey(current))
                break;
        }
        foreach (var process in passed)
            _ancestors[process] = found;
        return found;
    }
}
