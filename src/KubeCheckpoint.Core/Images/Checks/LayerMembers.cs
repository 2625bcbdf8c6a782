using System.Globalization;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Criu;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Memory;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Images.Checks;

/// <summary>
/// The members that runtimes read, as they are in the unpacked image: later layers replace earlier ones, and whiteouts remove what is below
/// (image spec, layer.md).
/// </summary>
internal sealed class LayerMembers
{
    public const string Config = "config.dump";
    public const string Spec = "spec.dump";
    public const string Status = "status.dump";
    public const string Folder = "checkpoint";
    public const string Inventory = "checkpoint/inventory.img";

    private const string Whiteout = ".wh.";
    private const string Opaque = ".wh..wh..opq";
    private const string Tree = "checkpoint/pstree.img";
    private const string PagemapPrefix = "checkpoint/pagemap-";
    private const string PagesPrefix = "checkpoint/pages-";

    // The smallest of any machine: a pages file that is too short for it is too short for every other.
    private const int SmallestPage = 4096;

    private static readonly string[] Read = [Config, Spec, Status, Tree];
    private static readonly string[] Wanted = [.. Read, Folder, Inventory];

    private readonly Dictionary<string, LayerMember> _members = new(StringComparer.Ordinal);
    private readonly Dictionary<string, LayerMember> _layer = new(StringComparer.Ordinal);
    private readonly List<string> _removed = [];

    public LayerMember? Find(string name) => _members.GetValueOrDefault(name);

    /// <summary>The memory that the processes have and the image has not, as that of an incremental checkpoint; null where all is there.</summary>
    public string? FindMissingMemory()
    {
        try
        {
            return Processes().Select(FindMissingMemory).FirstOrDefault(missing => missing is not null);
        }
        catch (KubeCheckpointException failure) when (failure.ErrorId is nameof(CriuFailure.CriuImageDamaged) or nameof(CriuFailure.NotACriuImage))
        {
            // What an image that cannot be read refers to is not known.
            return null;
        }
    }

    /// <summary>Adds a member of the current layer.</summary>
    /// <param name="member">The member.</param>
    /// <param name="read">Reads its data.</param>
    public void Visit(ArchiveMember member, Func<byte[]> read)
    {
        var slash = member.Name.LastIndexOf('/');
        var (folder, name) = (slash < 0 ? "" : member.Name[..slash], member.Name[(slash + 1)..]);
        if (name == Opaque)
            _removed.Add(folder + "/");
        else if (name.StartsWith(Whiteout, StringComparison.Ordinal))
            _removed.Add(folder.Length == 0 ? name[Whiteout.Length..] : $"{folder}/{name[Whiteout.Length..]}");
        else if (Wanted.Contains(member.Name) || IsOfMemory(member.Name))
            _layer[member.Name] = new LayerMember(member.Kind, member.Size, member.Kind == ArchiveMemberKind.File && IsRead(member.Name) ? read() : null);
    }

    /// <summary>Ends the current layer: its members replace the earlier ones.</summary>
    public void EndLayer()
    {
        foreach (var name in _members.Keys.Where(name => _removed.Exists(removed => IsUnder(name, removed))).ToList())
            _members.Remove(name);
        foreach (var (name, member) in _layer)
        {
            _members[name] = member;
            // Anything else in the place of a folder hides its content.
            if (member.Kind != ArchiveMemberKind.Directory && name == Folder)
            {
                foreach (var hidden in _members.Keys.Where(key => key.StartsWith(Folder + "/", StringComparison.Ordinal)).ToList())
                    _members.Remove(hidden);
            }
        }
        _layer.Clear();
        _removed.Clear();
    }

    private string? FindMissingMemory(uint process)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{PagemapPrefix}{process}.img");
        if (Open(name, CriuImageType.Pagemap) is not { } reader)
            return null;
        var pagemap = Pagemap.Read(reader, SmallestPage);
        var absent = pagemap.Runs.Where(run => !run.IsPresent && (run.Flags & (PageFlags.Parent | PageFlags.Lazy)) != 0).Sum(run => run.Length) / SmallestPage;
        var pages = string.Create(CultureInfo.InvariantCulture, $"{PagesPrefix}{pagemap.PagesId}.img");
        var size = Find(pages)?.Size ?? 0;
        return absent > 0
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"it is an incremental checkpoint: {absent} pages of process {process} are in an earlier checkpoint or on its node, not in the image")
            : size < pagemap.PayloadSize ? string.Create(
                CultureInfo.InvariantCulture,
                $"pages of process {process} are not in the image: {pages} has {size} bytes, but {name} counts {pagemap.PayloadSize}")
            : null;
    }

    private List<uint> Processes() =>
        Open(Tree, CriuImageType.Pstree)?.ReadMessages<PstreeEntry>().Select(process => process.Pid).ToList() ?? [];

    private CriuImageReader? Open(string name, CriuImageType type) =>
        Find(name)?.Content is { } content ? CriuImageReader.Open(new MemoryStream(content, writable: false), new CriuImageName(name), type) : null;

    private static bool IsRead(string name) => Read.Contains(name) || name.StartsWith(PagemapPrefix, StringComparison.Ordinal);

    private static bool IsOfMemory(string name) =>
        name.StartsWith(PagemapPrefix, StringComparison.Ordinal) || name.StartsWith(PagesPrefix, StringComparison.Ordinal);

    // The entry of an opaque folder ends with a slash: its content is removed and it stays. The content of the root is everything.
    private static bool IsUnder(string name, string removed) => removed == "/" || name == removed
        || (removed.EndsWith('/') ? name.StartsWith(removed, StringComparison.Ordinal) : name.StartsWith(removed + "/", StringComparison.Ordinal));
}

/// <summary>A member that runtimes read.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Size">How many bytes it has.</param>
/// <param name="Content">Its bytes, where they are read.</param>
internal sealed record LayerMember(ArchiveMemberKind Kind, long Size, byte[]? Content);
