using KubeCheckpoint.Archives.Descriptors;
using KubeCheckpoint.Archives.FileChanges;
using KubeCheckpoint.Archives.Mounts;
using KubeCheckpoint.Archives.Processes;
using KubeCheckpoint.Archives.Sockets;

namespace KubeCheckpoint.Archives.Comparison;

/// <summary>Tells in what two checkpoints differ, of one container or of two.</summary>
public static class ArchiveComparer
{
    private static readonly CheckpointDifferenceKind[] OfMemory = [CheckpointDifferenceKind.MemoryMap, CheckpointDifferenceKind.Memory];

    /// <summary>
    /// Compares while the differences are enumerated: process by process, then mounts and files. Memory pages are read only for
    /// <see cref="CheckpointDifferenceKind.Memory"/>, and only those that both archives hold.
    /// </summary>
    /// <param name="request">What is compared.</param>
    /// <param name="cancellationToken">Ends the comparison.</param>
    /// <exception cref="KubeCheckpointException">What reading the processes, descriptors, mounts, files and pages of an archive throws.</exception>
    public static IEnumerable<CheckpointDifference> Compare(ComparisonRequest request, CancellationToken cancellationToken)
    {
        using var reference = new ComparedCheckpoint(request.ReferencePath, cancellationToken);
        using var difference = new ComparedCheckpoint(request.DifferencePath, cancellationToken);
        var factory = new DifferenceFactory(reference.Path, difference.Path);
        foreach (var found in CompareProcesses(request, reference, difference, factory, cancellationToken))
            yield return found;
        var files = new FileComparer(factory);
        if (request.Kinds.Contains(CheckpointDifferenceKind.Mount))
        {
            foreach (var found in files.CompareMounts(MountReader.Read(reference.Images, cancellationToken), MountReader.Read(difference.Images, cancellationToken)))
                yield return found;
        }
        if (request.Kinds.Contains(CheckpointDifferenceKind.FileChange))
        {
            foreach (var found in files.CompareChanges(
                FileChangeReader.Read(reference.Content.Archive, cancellationToken), FileChangeReader.Read(difference.Content.Archive, cancellationToken)))
            {
                yield return found;
            }
        }
    }

    private static IEnumerable<CheckpointDifference> CompareProcesses(
        ComparisonRequest request, ComparedCheckpoint reference, ComparedCheckpoint difference, DifferenceFactory factory, CancellationToken cancellationToken)
    {
        var query = new ProcessQuery { Filter = request.Filter, IncludeEnvironment = request.Kinds.Contains(CheckpointDifferenceKind.Environment) };
        var before = CheckpointProcessReader.Read(reference.Content, query, cancellationToken).ToList();
        var after = CheckpointProcessReader.Read(difference.Content, query, cancellationToken).ToList();
        var processes = new ProcessComparer(factory);
        var descriptors = new OpenDescriptors(request, reference, difference, factory, cancellationToken);
        var maps = new MapComparer(factory, reference, difference, cancellationToken);
        foreach (var (left, right) in ProcessMatcher.Match(before, after))
        {
            if (left is null || right is null)
            {
                if (request.Kinds.Contains(CheckpointDifferenceKind.Process))
                    yield return processes.CompareAlone(left, right);
                continue;
            }
            foreach (var found in Compare(request, processes, left, right).Concat(descriptors.Compare(left, right)))
                yield return found;
            if (!request.Kinds.Any(OfMemory.Contains))
                continue;
            foreach (var found in maps.Compare(left, right, request.Kinds))
                yield return found;
        }
    }

    private static IEnumerable<CheckpointDifference> Compare(ComparisonRequest request, ProcessComparer processes, CheckpointProcess left, CheckpointProcess right) =>
    [
        .. request.Kinds.Contains(CheckpointDifferenceKind.Process) ? processes.CompareProperties(left, right) : [],
        .. request.Kinds.Contains(CheckpointDifferenceKind.CommandLine) ? processes.CompareCommandLine(left, right) : [],
        .. request.Kinds.Contains(CheckpointDifferenceKind.Environment) ? processes.CompareEnvironment(left, right) : [],
    ];

    /// <summary>The descriptors of both archives by process, read when the first process is compared.</summary>
    private sealed class OpenDescriptors(
        ComparisonRequest request, ComparedCheckpoint reference, ComparedCheckpoint difference, DifferenceFactory factory, CancellationToken cancellationToken)
    {
        private readonly DescriptorComparer _comparer = new(factory);
        private readonly Lazy<(ILookup<int, CheckpointOpenFile> Before, ILookup<int, CheckpointOpenFile> After)> _files = new(() => (
            OpenFileReader.Read(reference.Images, request.Filter, cancellationToken).ToLookup(file => file.ProcessId),
            OpenFileReader.Read(difference.Images, request.Filter, cancellationToken).ToLookup(file => file.ProcessId)));

        private readonly Lazy<(ILookup<int, CheckpointSocket> Before, ILookup<int, CheckpointSocket> After)> _sockets = new(() => (
            SocketReader.Read(reference.Images, request.Filter, cancellationToken).ToLookup(socket => socket.ProcessId),
            SocketReader.Read(difference.Images, request.Filter, cancellationToken).ToLookup(socket => socket.ProcessId)));

        public IEnumerable<CheckpointDifference> Compare(CheckpointProcess left, CheckpointProcess right) =>
        [
            .. request.Kinds.Contains(CheckpointDifferenceKind.OpenFile)
                ? _comparer.CompareFiles(_files.Value.Before[left.Id], _files.Value.After[right.Id], right)
                : [],
            .. request.Kinds.Contains(CheckpointDifferenceKind.Socket)
                ? _comparer.CompareSockets(_sockets.Value.Before[left.Id], _sockets.Value.After[right.Id], right)
                : [],
        ];
    }
}
