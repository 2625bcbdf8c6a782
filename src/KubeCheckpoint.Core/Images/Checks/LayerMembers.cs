using KubeCheckpoint.Archives;

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
    private static readonly string[] Json = [Config, Spec, Status];
    private static readonly string[] Wanted = [.. Json, Folder, Inventory];

    private readonly Dictionary<string, LayerMember> _members = new(StringComparer.Ordinal);
    private readonly Dictionary<string, LayerMember> _layer = new(StringComparer.Ordinal);
    private readonly List<string> _removed = [];

    public LayerMember? Find(string name) => _members.GetValueOrDefault(name);

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
        else if (Wanted.Contains(member.Name))
            _layer[member.Name] = new LayerMember(member.Kind, member.Kind == ArchiveMemberKind.File && Json.Contains(member.Name) ? read() : null);
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
                _members.Remove(Inventory);
        }
        _layer.Clear();
        _removed.Clear();
    }

    // The entry of an opaque folder ends with a slash: its content is removed and it stays. The content of the root is everything.
    private static bool IsUnder(string name, string removed) => removed == "/" || name == removed
        || (removed.EndsWith('/') ? name.StartsWith(removed, StringComparison.Ordinal) : name.StartsWith(removed + "/", StringComparison.Ordinal));
}

/// <summary>A member that runtimes read.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Content">Its bytes, where it is JSON.</param>
internal sealed record LayerMember(ArchiveMemberKind Kind, byte[]? Content);
