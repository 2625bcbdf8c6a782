using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.FileChanges;
using KubeCheckpoint.Archives.Replacements;
using KubeCheckpoint.Archives.Tar;
using KubeCheckpoint.Budgets;

namespace KubeCheckpoint.Images.BaseImages;

/// <summary>
/// Applies layers of an image, lowest first, to a list of the files in some folders (image spec, layer.md). Only names are read.
/// </summary>
/// <param name="folders">The folders that are listed, without a slash in front.</param>
/// <param name="budget">What the list draws from.</param>
internal sealed class LayeredFiles(IReadOnlyCollection<string> folders, ArchiveBudget budget)
{
    // As the kernel follows (Linux, include/linux/namei.h, MAXSYMLINKS).
    private const int MostLinks = 40;

    private readonly PathNode _wanted = Tree(folders, budget);
    private readonly Dictionary<string, string> _links = new(StringComparer.Ordinal);

    /// <summary>What the layers so far have in the folders.</summary>
    public PathNode Files { get; } = new();

    /// <summary>Applies a layer. Its whiteouts hide what lower layers have, and nothing of its own.</summary>
    /// <exception cref="KubeCheckpointException">The failures of reading a tar; ArchiveBudgetExceeded.</exception>
    public void Apply(TarScanner layer)
    {
        var own = new PathNode();
        while (layer.Next() is { } member)
        {
            if (Whiteout.TryParse(member.Name, out var whiteout))
                Hide(whiteout);
            else
                Add(own, member, layer);
        }
        Merge(Files, own);
    }

    private static PathNode Tree(IReadOnlyCollection<string> paths, ArchiveBudget budget)
    {
        var root = new PathNode();
        foreach (var path in paths)
            root.Add(path, budget).Marks |= PathMarks.Folder;
        return root;
    }

    private void Hide(Whiteout? whiteout)
    {
        if (whiteout is null || Resolve(whiteout.Path.Trim('/')) is not { } path)
            return;
        if (path.Length == 0)
            Files.Clear();
        else if (whiteout.IsOpaque)
            Files.Find(path)?.Clear();
        else
            Remove(path);
    }

    private void Remove(string path)
    {
        var slash = path.LastIndexOf('/');
        var parent = slash < 0 ? Files : Files.Find(path.AsSpan(0, slash));
        parent?.Remove(path[(slash + 1)..]);
        _links.Remove(path);
    }

    private void Add(PathNode own, ArchiveMember member, TarScanner layer)
    {
        if (Resolve(member.Name) is not { Length: > 0 } path)
            return;
        if (member.Kind == ArchiveMemberKind.SymbolicLink)
            AddLink(path, layer.ReadAttributes().LinkTarget ?? "");
        else
            _links.Remove(path);
        var isFolder = member.Kind == ArchiveMemberKind.Directory;
        if (IsWanted(path) || (!isFolder && _wanted.Find(path) is not null))
            own.Add(path, budget).Marks = isFolder ? PathMarks.Folder : PathMarks.File;
    }

    private void AddLink(string path, string target)
    {
        const int Cost = 128;
        budget.DrawMemory(Cost + sizeof(char) * (path.Length + target.Length), "the symbolic links of an image");
        _links[path] = target;
    }

    /// <summary>Whether a path is in a wanted folder, or is one.</summary>
    private bool IsWanted(string path)
    {
        var node = _wanted;
        foreach (var part in path.AsSpan().Split('/'))
        {
            if (node.Has(PathMarks.Folder))
                return true;
            if (node.Child(path.AsSpan(part)) is not { } child)
                return false;
            node = child;
        }
        return node.Has(PathMarks.Folder);
    }

    // A file takes the place of a folder and the other way round; folders are merged.
    private static void Merge(PathNode lower, PathNode upper)
    {
        foreach (var (name, child) in upper.Children)
        {
            var below = lower.Child(name);
            if (below is null || below.Has(PathMarks.File) || child.Has(PathMarks.File))
                lower.Adopt(name, child);
            else
                Merge(below, child);
        }
    }

    /// <summary>The path without symbolic links above its last part; null where there is none, because links lead out or in circles.</summary>
    private string? Resolve(string path)
    {
        if (_links.Count == 0)
            return path;
        var done = new List<string>();
        var rest = new Stack<string>(path.Split('/').Reverse());
        var followed = 0;
        while (rest.TryPop(out var part))
        {
            if (part is "" or ".")
                continue;
            if (part == "..")
            {
                if (done.Count > 0)
                    done.RemoveAt(done.Count - 1);
                continue;
            }
            done.Add(part);
            budget.DrawWork(done.Count, "the symbolic links of an image");
            if (rest.Count == 0 || !_links.TryGetValue(string.Join('/', done), out var target))
                continue;
            if (++followed > MostLinks)
                return null;
            if (target.StartsWith('/'))
                done.Clear();
            else
                done.RemoveAt(done.Count - 1);
            foreach (var step in target.Split('/').Reverse())
                rest.Push(step);
        }
        return string.Join('/', done);
    }
}
