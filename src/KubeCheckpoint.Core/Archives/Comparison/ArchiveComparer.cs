using System.Globalization;
using KubeCheckpoint.Archives.FileChanges;
using KubeCheckpoint.Archives.Mounts;
using KubeCheckpoint.Archives.OpenFiles;
using KubeCheckpoint.Archives.Processes;
using KubeCheckpoint.Archives.Sockets;

namespace KubeCheckpoint.Archives.Comparison;

/// <summary>Compares two checkpoints, of the same container or of different ones.</summary>
public static class ArchiveComparer
{
    // What an object in a list takes, in letters.
    private const int ItemLetters = 32;

    private static readonly CheckpointDifferenceKind[] OfMemory = [CheckpointDifferenceKind.MemoryMap, CheckpointDifferenceKind.Memory];

    /// <summary>
    /// Compares while the differences are enumerated: process by process, then mounts and files. Memory pages are read only for
    /// <see cref="CheckpointDifferenceKind.Memory"/>, and only those that both archives hold.
    /// </summary>
    /// <param name="request">What is compared.</param>
    /// <param name="cancellationToken">Cancels the comparison.</param>
    /// <exception cref="KubeCheckpointException">Whatever reading the processes, descriptors, mounts, files and pages of an archive throws.</exception>
    public static IEnumerable<CheckpointDifference> Compare(ComparisonRequest request, CancellationToken cancellationToken)
    {
        using var reference = new ComparedCheckpoint(request.ReferencePath, cancellationToken);
        using var difference = new ComparedCheckpoint(request.DifferencePath, cancellationToken);
        var factory = new DifferenceFactory(reference.Path, difference.Path);
        foreach (var found in CompareProcesses(request, reference, difference, factory, cancellationToken))
            yield return found;
        if (request.Kinds.Contains(CheckpointDifferenceKind.Mount))
        {
            var before = MountReader.Read(reference.Images, cancellationToken);
            var after = MountReader.Read(difference.Images, cancellationToken);
            var withTypes = reference.Content.HasImagesOnly == difference.Content.HasImagesOnly;
            foreach (var found in CompareMounts(factory, reference.Keep(before, Letters), after, withTypes))
                yield return found;
        }
        // CRIU images alone come without the changed files.
        if (request.Kinds.Contains(CheckpointDifferenceKind.FileChange) && !reference.Content.HasImagesOnly && !difference.Content.HasImagesOnly)
        {
            var before = FileChangeReader.Read(reference.Content.Archive, cancellationToken);
            var after = FileChangeReader.Read(difference.Content.Archive, cancellationToken);
            foreach (var found in CompareChanges(factory, reference.Keep(before, Letters), after))
                yield return found;
        }
    }

    private static IEnumerable<CheckpointDifference> CompareProcesses(
        ComparisonRequest request, ComparedCheckpoint reference, ComparedCheckpoint difference, DifferenceFactory factory, CancellationToken cancellationToken)
    {
        var query = new ProcessQuery { Filter = request.Filter, IncludeEnvironment = request.Kinds.Contains(CheckpointDifferenceKind.Environment) };
        var before = reference.Keep(CheckpointProcessReader.Read(reference.Content, query, cancellationToken), Letters).ToList();
        var after = difference.Keep(CheckpointProcessReader.Read(difference.Content, query, cancellationToken), Letters).ToList();
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

    private static IEnumerable<CheckpointDifference> Compare(
        ComparisonRequest request, ProcessComparer processes, CheckpointProcess left, CheckpointProcess right) =>
    [
        .. request.Kinds.Contains(CheckpointDifferenceKind.Process) ? processes.CompareProperties(left, right) : [],
        .. request.Kinds.Contains(CheckpointDifferenceKind.CommandLine) ? processes.CompareCommandLine(left, right) : [],
        .. request.Kinds.Contains(CheckpointDifferenceKind.Environment) ? processes.CompareEnvironment(left, right) : [],
    ];

    private static IEnumerable<CheckpointDifference> CompareMounts(
        DifferenceFactory factory, IEnumerable<CheckpointMount> before, IEnumerable<CheckpointMount> after, bool withTypes) =>
        factory.Compare(
            CheckpointDifferenceKind.Mount, before, after, mount => mount.MountPoint, mount => mount.MountPoint, mount => Text(mount, withTypes));

    private static IEnumerable<CheckpointDifference> CompareChanges(
        DifferenceFactory factory, IEnumerable<CheckpointFileChange> before, IEnumerable<CheckpointFileChange> after) =>
        factory.Compare(CheckpointDifferenceKind.FileChange, before, after, change => change.Path, change => change.Path, Text);

    // Only dump.log has the type of a mount from outside, and CRIU images alone come without it.
    private static string Text(CheckpointMount mount, bool withType) =>
        $"{(withType ? $"{mount.Type} " : "")}{mount.Source}{(mount.Root == "/" ? "" : mount.Root)} "
        + $"{string.Join(',', mount.Options)}{(mount.Deleted ? " (deleted)" : "")}";

    private static string Text(CheckpointFileChange change)
    {
        if (change.Change == FileChangeKind.Deleted)
            return "deleted";
        object?[] parts =
        [
            change.UnixMode, $"{change.UserId}:{change.GroupId}", change.Size, Text(change.ModifiedAt), change.LinkTarget, .. change.ExtendedAttributes,
        ];
        return string.Join(' ', parts.Where(part => part is not null).Select(part => Convert.ToString(part, CultureInfo.InvariantCulture)));
    }

    private static string? Text(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFZ", CultureInfo.InvariantCulture);

    private static long Letters(CheckpointMount mount) =>
        mount.MountPoint.Length + mount.Source.Length + mount.Root.Length + mount.Options.Sum(text => text.Length);

    private static long Letters(CheckpointFileChange change) =>
        change.Path.Length + change.ExtendedAttributes.Sum(attribute => ItemLetters + (long)attribute.Value.Length);

    private static long Letters(CheckpointOpenFile file) => (file.Target?.Length ?? 0) + (file.Detail?.Length ?? 0);

    // Twice: the command line, and its arguments.
    private static long Letters(CheckpointProcess process) =>
        ItemLetters * (1 + process.Threads.Count + (process.Arguments?.Count ?? 0) + (process.Environment?.Count ?? 0))
        + 2 * (process.CommandLine?.Length ?? 0) + (process.Environment?.Sum(variable => (long)variable.Key.Length + variable.Value.Length) ?? 0);

    /// <summary>The descriptors of both archives by process, read when the first process is compared.</summary>
    private sealed class OpenDescriptors(
        ComparisonRequest request, ComparedCheckpoint reference, ComparedCheckpoint difference, DifferenceFactory factory, CancellationToken cancellationToken)
    {
        private readonly Lazy<(ILookup<int, CheckpointOpenFile> Before, ILookup<int, CheckpointOpenFile> After)> _files = new(() => (
            reference.Keep(OpenFileReader.Read(reference.Images, request.Filter, cancellationToken), Letters).ToLookup(file => file.ProcessId),
            difference.Keep(OpenFileReader.Read(difference.Images, request.Filter, cancellationToken), Letters).ToLookup(file => file.ProcessId)));

        private readonly Lazy<(ILookup<int, CheckpointSocket> Before, ILookup<int, CheckpointSocket> After)> _sockets = new(() => (
            reference.Keep(SocketReader.Read(reference.Images, request.Filter, cancellationToken), _ => 0).ToLookup(socket => socket.ProcessId),
            difference.Keep(SocketReader.Read(difference.Images, request.Filter, cancellationToken), _ => 0).ToLookup(socket => socket.ProcessId)));

        public IEnumerable<CheckpointDifference> Compare(CheckpointProcess left, CheckpointProcess right) =>
        [
            .. request.Kinds.Contains(CheckpointDifferenceKind.OpenFile)
                ? CompareFiles(_files.Value.Before[left.Id], _files.Value.After[right.Id], right)
                : [],
            .. request.Kinds.Contains(CheckpointDifferenceKind.Socket)
                ? CompareSockets(_sockets.Value.Before[left.Id], _sockets.Value.After[right.Id], right)
                : [],
        ];

        private IEnumerable<CheckpointDifference> CompareFiles(
            IEnumerable<CheckpointOpenFile> before, IEnumerable<CheckpointOpenFile> after, CheckpointProcess process) => factory.Compare(
                CheckpointDifferenceKind.OpenFile, before, after, file => file.Descriptor, Number, Text, process);

        private IEnumerable<CheckpointDifference> CompareSockets(
            IEnumerable<CheckpointSocket> before, IEnumerable<CheckpointSocket> after, CheckpointProcess process) => factory.Compare(
                CheckpointDifferenceKind.Socket, before, after, Address, Address, Text, process);

        // Pipes and sockets get new numbers in every run: only their type can be compared.
        private static string Text(CheckpointOpenFile file)
        {
            var target = IsNumbered(file.Type) ? file.Type.ToString() : file.Target;
            var flags = string.Join(',', file.Flags);
            var position = file.Position is null or 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"at {file.Position}");
            return $"{target}{(file.Deleted ? " (deleted)" : "")} {flags} {position}".TrimEnd();
        }

        private static string Number(CheckpointOpenFile file) => file.Descriptor.ToString(CultureInfo.InvariantCulture);

        private static bool IsNumbered(OpenFileType type) =>
            type is OpenFileType.Pipe or OpenFileType.InetSocket or OpenFileType.UnixSocket or OpenFileType.PacketSocket or OpenFileType.NetlinkSocket;

        private static string Address(CheckpointSocket socket)
        {
            if (socket.Family == SocketFamily.Unix)
                return $"unix {socket.SocketType} {socket.Path}".TrimEnd();
            var remote = socket.RemotePort is null or 0 ? "" : Endpoint(socket.RemoteAddress, socket.RemotePort);
            return $"{socket.Protocol} {Endpoint(socket.LocalAddress, socket.LocalPort)} {remote}".TrimEnd();
        }

        private static string Endpoint(string? address, long? port) => string.Create(
            CultureInfo.InvariantCulture, $"{(address?.Contains(':', StringComparison.Ordinal) == true ? $"[{address}]" : address)}:{port}");

        private static string Text(CheckpointSocket socket) => string.Create(
            CultureInfo.InvariantCulture, $"{socket.State} received {socket.ReceiveQueue ?? 0} unsent {socket.SendQueue ?? 0}");
    }
}
