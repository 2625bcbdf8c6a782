using System.Globalization;
using System.Management.Automation;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.FileChanges;
using KubeCheckpoint.Archives.MemoryMaps;
using KubeCheckpoint.Archives.Mounts;
using KubeCheckpoint.Archives.Processes;
using KubeCheckpoint.Formatting;
using KubeCheckpoint.Images;
using KubeCheckpoint.Parameters;

namespace KubeCheckpoint.Completion;

/// <summary>Completes what is in the archives that the command or the pipeline before it names.</summary>
public abstract class ArchiveCompleter : ListCompleter
{
    // A few archives are listed while a user waits, hundreds are not.
    private const int MostArchives = 8;

    // The location of a session is known to its pipeline thread only, and Resolve-Path may not be there.
    private const string Resolve = "$ExecutionContext.SessionState.Path.GetResolvedPSPathFromPSPath($args[0]).ProviderPath";

    /// <summary>Whether a folder stands for the archives in it.</summary>
    private protected virtual bool ExpandsFolders => true;

    private protected abstract IEnumerable<CompletionItem> List(string path, CancellationToken cancellationToken);

    private protected static CompletionItem Item(ArchiveMember member) => new(member.Name, Display.Size(member.Size));

    private protected sealed override CompletionList? Prepare(CompletionInput input)
    {
        var (paths, literalPaths) = input.Archives;
        string[] named = [.. paths.SelectMany(ResolvePath), .. literalPaths.Select(CompletionInput.FullPath)];
        return named.Length == 0
            ? null
            : new(string.Join('|', named), cancellationToken => Task.FromResult<IReadOnlyList<CompletionItem>>(List(named, cancellationToken)));
    }

    // A path without wildcards is not looked for here: its file system may not respond.
    private static IEnumerable<string> ResolvePath(string path)
    {
        if (!WildcardPattern.ContainsWildcardCharacters(path))
            return [CompletionInput.FullPath(path)];
        using var shell = PowerShell.Create(RunspaceMode.CurrentRunspace);
        shell.AddScript(Resolve).AddArgument(path);
        return [.. shell.Invoke().Select(item => item.ToString())];
    }

    private IEnumerable<string> Expand(string path)
    {
        try
        {
            return ExpandsFolders && Directory.Exists(path) ? ArchivePaths.Expand(path, ArchivePaths.IsArchiveName) : [path];
        }
        catch (KubeCheckpointException)
        {
            // A folder that cannot be read has nothing to complete.
            return [];
        }
    }

    private List<CompletionItem> List(string[] named, CancellationToken cancellationToken)
    {
        var items = new List<CompletionItem>();
        foreach (var file in named.SelectMany(Expand).Take(MostArchives))
        {
            try
            {
                items.AddRange(List(file, cancellationToken).Select(item => item with { Text = WildcardPattern.Escape(item.Text) }));
            }
            catch (KubeCheckpointException)
            {
                // One file that is no archive does not hide what the others have.
            }
        }

        return items;
    }
}

/// <summary>Completes the processes in the archive by what a derived class makes of each.</summary>
public abstract class ProcessCompleter : ArchiveCompleter
{
    // Command lines lie in memory pages, which take time to reach in a large compressed archive.
    private static readonly TimeSpan PatienceForCommandLines = TimeSpan.FromSeconds(1);

    private protected sealed override IEnumerable<CompletionItem> List(string path, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(PatienceForCommandLines);
        try
        {
            var processes = CheckpointProcessReader.Read(path, new ProcessQuery(), patience.Token);
            return [.. processes.Select(process => Item(process.Id, process.Name, process.CommandLine))];
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            var processes = CheckpointProcessReader.ReadNames(path, cancellationToken);
            return [.. processes.Where(process => process.Name?.Length > 0).Select(process => Item(process.Id, process.Name!, null))];
        }
    }

    private protected abstract CompletionItem Item(int id, string name, string? commandLine);
}

/// <summary>Completes the ids of the processes in the archive.</summary>
public sealed class ProcessIdCompleter : ProcessCompleter
{
    private protected override CompletionItem Item(int id, string name, string? commandLine) =>
        new(id.ToString(CultureInfo.InvariantCulture), string.IsNullOrEmpty(commandLine) ? name : $"{name}, {commandLine}");
}

/// <summary>Completes the names of the processes in the archive.</summary>
public sealed class ProcessNameCompleter : ProcessCompleter
{
    private protected override CompletionItem Item(int id, string name, string? commandLine) =>
        new(name, string.Create(CultureInfo.InvariantCulture, $"PID {id}{(string.IsNullOrEmpty(commandLine) ? "" : ", ")}{commandLine}"));
}

/// <summary>Completes the memory maps in the archive, by path or kind.</summary>
public sealed class MapCompleter : ArchiveCompleter
{
    private protected override IEnumerable<CompletionItem> List(string path, CancellationToken cancellationToken) =>
        MemoryMapReader.Read(path, (_, _) => true, cancellationToken)
            .Where(map => map.Path?.Length > 0)
            .GroupBy(map => map.Path!, (name, maps) => Item(name, [.. maps]));

    private static CompletionItem Item(string name, CheckpointMemoryMap[] maps) => new(
        name.StartsWith('[') ? name.Trim('[', ']') : name, $"{maps[0].Kind}, {Display.Size(maps.Sum(map => map.StoredSize))} stored");
}

/// <summary>Completes the members of the archive.</summary>
public sealed class MemberNameCompleter : ArchiveCompleter
{
    private protected override IEnumerable<CompletionItem> List(string path, CancellationToken cancellationToken)
    {
        using var archive = ArchiveFile.Open(path);
        return [.. archive.ReadIndex(cancellationToken).Where(member => member.Kind == ArchiveMemberKind.File).Select(Item)];
    }
}

/// <summary>Completes the CRIU images in the archive.</summary>
public sealed class CriuImageCompleter : ArchiveCompleter
{
    private protected override IEnumerable<CompletionItem> List(string path, CancellationToken cancellationToken)
    {
        using var archive = ArchiveFile.Open(path);
        return [.. archive.ReadIndex(cancellationToken).Where(member => CriuImagePatterns.CanBeImage(member.Name)).Select(Item)];
    }
}

/// <summary>Completes the mount points of the archive.</summary>
public sealed class MountPointCompleter : ArchiveCompleter
{
    private protected override IEnumerable<CompletionItem> List(string path, CancellationToken cancellationToken) =>
        MountReader.Read(path, cancellationToken).Select(mount => new CompletionItem(mount.MountPoint, $"{mount.Type}, {mount.HostPath ?? mount.Source}"));
}

/// <summary>Completes the changed files of the archive.</summary>
public sealed class FilePathCompleter : ArchiveCompleter
{
    private protected override IEnumerable<CompletionItem> List(string path, CancellationToken cancellationToken) =>
        FileChangeReader.Read(path, cancellationToken).Select(Item);

    private static CompletionItem Item(CheckpointFileChange change) =>
        new(change.Path, change.Size is null ? change.Change.ToString() : $"{change.Change}, {Display.Size(change.Size)}");
}

/// <summary>Completes the names of the images in the layout folder or oci-archive.</summary>
public sealed class LayoutNameCompleter : ArchiveCompleter
{
    private protected override bool ExpandsFolders => false;

    private protected override IEnumerable<CompletionItem> List(string path, CancellationToken cancellationToken) =>
        RestoreImageCatalog.ListNames(path, cancellationToken).Select(name => new CompletionItem(name, $"in {path}"));
}
