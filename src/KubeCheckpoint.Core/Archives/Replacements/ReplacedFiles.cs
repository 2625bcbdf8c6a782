using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.FileChanges;
using KubeCheckpoint.Archives.Processes;
using KubeCheckpoint.Archives.Tar;
using KubeCheckpoint.Budgets;
using KubeCheckpoint.Criu.Files;

namespace KubeCheckpoint.Archives.Replacements;

/// <summary>
/// The paths in deleted.files that the container has all the same, since they were removed and created again. CRI-O and Podman unpack
/// rootfs-diff.tar first and delete afterwards (common's pkg/crutils, CRRemoveDeletedFiles; CRI-O, internal/lib/restore.go): a restore from
/// the archive as it is loses them. A list with the other paths keeps them, and with them what the container's image has there, unless that
/// is listed path by path.
/// </summary>
internal sealed class ReplacedFiles
{
    // What the decoder writes for a byte that is not UTF-8; JSON cannot carry it, and Go's decoder would read another name.
    private const string Escape = "\\x";

    private const uint RegularFile = 0x8000; // S_IFREG

    private readonly ArchiveBudget _budget;
    private readonly PathNode _root = new();
    private readonly List<string> _kept = [];
    private readonly List<ReplacedFolder> _folders = [];
    private readonly List<string> _files = [];

    private ReplacedFiles(ArchiveBudget budget) => _budget = budget;

    /// <summary>The folders that exist again, without a slash in front.</summary>
    public IReadOnlyList<ReplacedFolder> Folders => _folders;

    /// <summary>Paths that are listed although a file replaces them, or a folder above them.</summary>
    public IReadOnlyList<string> Files => _files;

    /// <summary>Finds them; null where deleted.files is right as it is, or the engine writes none.</summary>
    /// <param name="content">The archive.</param>
    /// <param name="engine">The engine that wrote it.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="KubeCheckpointException">
    /// ArchiveMemberInvalid, ArchiveMemberTooLarge, ArchiveTruncated, ArchiveDamaged, ArchiveBudgetExceeded.
    /// </exception>
    public static ReplacedFiles? Find(CheckpointContent content, CheckpointEngine? engine, CancellationToken cancellationToken)
    {
        if (engine is not (CheckpointEngine.CriO or CheckpointEngine.Podman) || DeletedFiles.ReadPaths(content) is not { Count: > 0 } deleted)
            return null;
        var files = new ReplacedFiles(content.Archive.Budget);
        foreach (var path in deleted)
            files._root.Add(path, files._budget).Marks |= PathMarks.Deleted;
        files.AddTar(content, cancellationToken);
        files.AddProcesses(content);
        files.Classify(files._root, "", isHidden: false);
        return files._folders.Count + files._files.Count > 0 ? files : null;
    }

    /// <summary>The list as it must be.</summary>
    /// <param name="image">The files of the container's image in <see cref="Folders"/>, or null where they are not known.</param>
    public DeletedFilesCorrection Correct(PathNode? image)
    {
        var deleted = new SortedSet<string>(_kept, StringComparer.Ordinal);
        var folders = new List<string>();
        foreach (var folder in image is null ? [] : _folders)
        {
            var own = _root.Find(folder.Path)!;
            var original = image!.Find(folder.Path);
            if (original?.Has(PathMarks.File) == true && !own.Has(PathMarks.Folder))
                folders.Add(folder.Path);
            else if (original is not null && !folder.IsIncomplete)
                AddOriginals(original, own, folder.Path, deleted, folders);
        }
        return new DeletedFilesCorrection([.. deleted], folders);
    }

    /// <summary>Which of the container's files the tar of changed files brings back, as far as they matter here.</summary>
    private void AddTar(CheckpointContent content, CancellationToken cancellationToken)
    {
        foreach (var file in RootFsDiff.ReadHeaders(content, cancellationToken))
            Add(file.Name, file.Kind == ArchiveMemberKind.Directory ? PathMarks.Folder : PathMarks.File);
    }

    // Of what is not in a deleted folder only the folders above one matter.
    private void Add(string path, PathMarks mark)
    {
        var node = _root;
        var isInside = false;
        foreach (var part in path.AsSpan().Split('/'))
        {
            var name = path.AsSpan(part);
            var child = node.Child(name) ?? (isInside ? node.Add(name, _budget) : null);
            if (child is null)
                return;
            isInside |= child.Has(PathMarks.Deleted);
            node = child;
        }
        node.Marks = (node.Marks & ~(PathMarks.Folder | PathMarks.File)) | mark;
    }

    /// <summary>
    /// Marks what processes refer to: it exists. A folder that hides what the image has there holds nothing that the engine did not have to
    /// write: where such a file is not in the tar, others may be missing too. CRCreateRootFsDiffTar looks on the node, not in the container,
    /// whether a changed file is a folder, and leaves out those whose path the node does not have.
    /// </summary>
    private void AddProcesses(CheckpointContent content)
    {
        try
        {
            var images = new CheckpointImages(content);
            var paths = new FilePaths(images);
            var mounts = ReadMounts(content);
            foreach (var (id, file) in images.Files)
            {
                if (paths.Find(id) is not { Length: > 1 } path || path[0] != '/' || paths.IsDeleted(id) || mounts.Exists(mount => IsUnder(path, mount)))
                    continue;
                if (MemberName.Clean(path, out _) is { Length: > 0 } name)
                    AddUse(name, isFile: (file.Reg.Mode & FileModeText.TypeMask) == RegularFile);
            }
        }
        catch (KubeCheckpointException failure)
            when (failure.Category == FailureCategory.InvalidData && failure.ErrorId != nameof(BudgetFailure.ArchiveBudgetExceeded))
        {
            // Damage is found by the check of the archive; here it only keeps from knowing.
        }
    }

    private void AddUse(string path, bool isFile)
    {
        var isMissing = isFile && _root.Find(path)?.Has(PathMarks.File) != true;
        var node = _root;
        var above = new List<PathNode>();
        foreach (var part in path.AsSpan().Split('/'))
        {
            if (node.Has(PathMarks.Deleted))
                above.Add(node);
            var child = node.Child(path.AsSpan(part)) ?? (above.Count > 0 ? node.Add(path.AsSpan(part), _budget) : null);
            if (child is null)
                return;
            node = child;
        }
        node.Marks |= PathMarks.InUse;
        foreach (var folder in isMissing ? above : [])
            folder.Marks |= PathMarks.Incomplete;
    }

    private static List<string> ReadMounts(CheckpointContent content)
    {
        if (content.Find("spec.dump") is not { } member)
            return [];
        using var spec = JsonMember.Read(content, member);
        return [.. spec.Objects("mounts", "destination").Select(mount => mount[0]).OfType<string>().Where(path => path.Trim('/').Length > 0)];
    }

    private static bool IsUnder(string path, string folder) =>
        path.StartsWith(folder, StringComparison.Ordinal) && (path.Length == folder.Length || path[folder.Length] == '/');

    /// <summary>Sorts the deleted paths at and below a node.</summary>
    /// <returns>Whether anything there exists.</returns>
    private bool Classify(PathNode node, string path, bool isHidden)
    {
        var isBelowFile = isHidden || node.Has(PathMarks.File);
        var isIncomplete = node.Has(PathMarks.Incomplete);
        var exists = node.Has(PathMarks.Folder | PathMarks.File | PathMarks.InUse);
        foreach (var (name, child) in node.Children.OrderBy(child => child.Key, StringComparer.Ordinal))
            exists |= Classify(child, path.Length == 0 ? name : $"{path}/{name}", isBelowFile);
        if (!node.Has(PathMarks.Deleted))
            return exists;
        if (isHidden || node.Has(PathMarks.File))
        {
            _files.Add(path);
        }
        else if (exists)
        {
            node.Marks |= PathMarks.ReplacedByFolder;
            _folders.Add(new ReplacedFolder(path, isIncomplete));
        }
        else
        {
            node.Marks |= PathMarks.Gone;
            _kept.Add("/" + path);
        }
        return exists;
    }

    /// <summary>
    /// Adds what the image has in a folder and the container does not. Folders are left: an engine does not record whether one exists that
    /// the image has too, and a process misses a folder more than it minds an empty one.
    /// </summary>
    private static void AddOriginals(PathNode original, PathNode? own, string path, SortedSet<string> deleted, List<string> folders)
    {
        foreach (var (name, child) in original.Children)
        {
            var ours = own?.Child(name);
            var whole = $"{path}/{name}";
            if (ours?.Has(PathMarks.Gone | PathMarks.File | PathMarks.ReplacedByFolder) == true || name.Contains(Escape, StringComparison.Ordinal))
                continue;
            if (!child.Has(PathMarks.File))
                AddOriginals(child, ours, whole, deleted, folders);
            else if (ours is null)
                deleted.Add("/" + whole);
            else if (!ours.Has(PathMarks.Folder | PathMarks.InUse))
                folders.Add(whole);
        }
    }
}
