using System.Globalization;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Tar;
using KubeCheckpoint.Criu.Documents;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Images.Conversion;

/// <summary>
/// Converts the mounts in the CRIU images to those that the target can provide. For CRIU a bind mount is external and has a key, and the
/// restore fails where the runtime has no source for a key. The keys of masked paths differ between runc (<c>/dev/null</c>) and crun (the
/// path itself), and either may be configured in a runtime: masks become mounts that CRIU creates itself. Mounts of the source's runtime
/// only are removed, as long as no file in them is open.
/// </summary>
internal sealed class MountConversion
{
    private const string ImagePrefix = ImageFolders.Default + "mountpoints-";
    private const string NullDevice = "/null";
    private const uint ReadOnlyRelative = 0x200001; // MS_RDONLY, MS_RELATIME

    private readonly ConversionSource _source;
    private readonly HashSet<string> _masked;
    private readonly Dictionary<string, string> _binds;
    private readonly string? _terminationLog;
    private readonly Dictionary<uint, uint> _dropped = [];
    private readonly Dictionary<uint, MntEntry> _maskedFiles = [];
    private readonly Dictionary<uint, uint> _maskedFolders = [];
    private readonly HashSet<uint> _sharedMemory = [];
    private readonly HashSet<uint> _devices = [];

    private MountConversion(ConversionSource source)
    {
        _source = source;
        var linux = source.Spec.Object("linux");
        _masked = new HashSet<string>(source.Spec.TextsOf(linux?["maskedPaths"], "linux.maskedPaths"), StringComparer.Ordinal);
        _binds = BindMounts.Of(source.Spec).ToDictionary(mount => mount.Path, mount => mount.Source, StringComparer.Ordinal);
        _terminationLog = source.Engine == CheckpointEngine.Podman ? null : BindMounts.TerminationLogOf(source.Content, source.Spec);
    }

    /// <summary>The paths of the mounts that are removed.</summary>
    public HashSet<string> DroppedPaths { get; } = new(StringComparer.Ordinal);

    /// <summary>The number of the device whose image becomes the content of /dev/shm, or null.</summary>
    public uint? SharedMemoryDevice { get; private set; }

    /// <summary>Decides what happens to each mount.</summary>
    /// <exception cref="KubeCheckpointException">MountNotConvertible, NotACriuImage, CriuImageDamaged.</exception>
    public static MountConversion Of(ConversionSource source)
    {
        var conversion = new MountConversion(source);
        foreach (var member in Images(source))
        {
            var mounts = source.Content.OpenImage(member, CriuImageType.Mounts).ReadMessages<MntEntry>().ToList();
            conversion._devices.UnionWith(mounts.Select(mount => mount.RootDev));
            foreach (var mount in mounts.Where(mount => mount.ExtKey.Length > 0 || mount.ExtMount))
                conversion.Decide(mount, mounts);
        }
        return conversion;
    }

    /// <summary>Writes the mounts for the target.</summary>
    public void Apply(ImageEdit edit, OverlayWriter overlay)
    {
        foreach (var member in Images(_source))
            edit.Apply(member, CriuImageType.Mounts, Change);
        foreach (var device in _maskedFolders.Values.Order())
            overlay.Add(TemporaryFileSystem(device), image => StoredGzip.Write(new MemoryStream(TarBlocks.End.ToArray()), image, CancellationToken.None));
    }

    /// <summary>The name of the image with the content of a tmpfs: a tar, compressed with gzip.</summary>
    public static string TemporaryFileSystem(uint device) =>
        string.Create(CultureInfo.InvariantCulture, $"{ImageFolders.Default}tmpfs-dev-{device}.tar.gz.img");

    private static IEnumerable<ArchiveMember> Images(ConversionSource source) =>
        source.Content.Members.Where(member => member.Kind == ArchiveMemberKind.File && member.Name.StartsWith(ImagePrefix, StringComparison.Ordinal));

    private void Decide(MntEntry mount, List<MntEntry> mounts)
    {
        var path = mount.Mountpoint;
        // runc and crun provide these from the host, each under its own path (cgroup v1).
        if (path.StartsWith("/sys/fs/cgroup", StringComparison.Ordinal))
            return;
        if (_masked.Contains(path) || mount.ExtKey == "/dev" + NullDevice)
        {
            Mask(mount, mounts);
            return;
        }
        if (path == "/dev/shm" && SharedMemory.HasContent(_source))
        {
            _sharedMemory.Add(mount.MntId);
            SharedMemoryDevice = mount.RootDev;
            return;
        }
        switch (MountRoles.Of(path, SourceOf(path), _terminationLog))
        {
            case MountRole.Runtime when _source.Target == CheckpointEngine.Containerd || !MountRoles.IsContainerEnvironment(path):
            case MountRole.TerminationLog or MountRole.ServiceAccountToken when _source.Target == CheckpointEngine.Podman:
                Drop(mount);
                break;
            case MountRole.User:
                CheckUsers(path);
                break;
        }
    }

    // CRIU has the resolved path of a mount; in spec.dump it may contain symbolic links of the image.
    private string? SourceOf(string path) => _binds.GetValueOrDefault(path) ?? _binds.GetValueOrDefault("/var" + path);

    private void Mask(MntEntry mount, List<MntEntry> mounts)
    {
        if (!mount.Root.EndsWith(NullDevice, StringComparison.Ordinal))
            _maskedFolders[mount.MntId] = UnusedDevice();
        else if (mounts.Find(other => other is { Mountpoint: "/dev", Fstype: (uint)Fstype.Tmpfs, Root: "/", ExtKey: "" }) is { } dev)
            _maskedFiles[mount.MntId] = dev;
    }

    private uint UnusedDevice()
    {
        var device = 1u;
        while (!_devices.Add(device) || _source.Content.Find(TemporaryFileSystem(device)) is not null)
            device++;
        return device;
    }

    private void Drop(MntEntry mount)
    {
        if (_source.Images.Files.Values.Any(file => MountOf(file) == mount.MntId))
            throw Refused(mount.Mountpoint, $"has an open file, and {_source.Target} does not provide that mount");
        _dropped[mount.MntId] = mount.ParentMntId;
        DroppedPaths.Add(mount.Mountpoint);
    }

    private static long MountOf(FileEntry file) => file switch
    {
        { Reg: { } regular } => regular.MntId,
        { Usk: { } socket } => socket.MntId,
        { Ify: { } inotify } => inotify.Wd.Select(watch => (long)(watch.FHandle?.MntId ?? 0)).FirstOrDefault(id => id != 0),
        { Ffy: { } fanotify } => fanotify.Mark.Select(mark => (long)(mark.Me?.MntId ?? 0)).FirstOrDefault(id => id != 0),
        _ => 0,
    };

    private void CheckUsers(string path)
    {
        if (_source.Target == CheckpointEngine.CriO && MountRoles.IsKeptByCriO(path))
            throw Refused(path, "cannot be a mount of a pod in CRI-O");
        if (_source.Target == CheckpointEngine.Podman && PodmanVolumes.IsFile(_source, path))
            throw Refused(path, "is a single file, and a Podman volume cannot be a file");
    }

    private ImageEdit.Fate Change(CriuObject mount)
    {
        if (mount.Find("mnt_id") is not uint id)
            return ImageEdit.Fate.Kept;
        if (_dropped.ContainsKey(id))
            return ImageEdit.Fate.Dropped;
        var isChanged = Move(mount);
        if (_maskedFiles.TryGetValue(id, out var dev))
            MakeNull(mount, dev);
        else if (_maskedFolders.TryGetValue(id, out var device))
            MakeEmptyFolder(mount, device);
        else if (!_sharedMemory.Contains(id))
            return isChanged ? ImageEdit.Fate.Changed : ImageEdit.Fate.Kept;
        mount.Remove("ext_key");
        mount.Remove("ext_mount");
        return ImageEdit.Fate.Changed;
    }

    // A mount inside a removed one moves to the parent of that.
    private bool Move(CriuObject mount)
    {
        if (mount.Find("parent_mnt_id") is not uint parent || !_dropped.ContainsKey(parent))
            return false;
        for (var steps = 0; steps <= _dropped.Count && _dropped.TryGetValue(parent, out var above); steps++)
            parent = above;
        mount.Set("parent_mnt_id", parent);
        return true;
    }

    // As runc creates it: the null device of the container's own /dev.
    private static void MakeNull(CriuObject mount, MntEntry dev)
    {
        mount.Set("fstype", dev.Fstype);
        mount.Set("root_dev", dev.RootDev);
        mount.Set("root", NullDevice);
        mount.Set("flags", dev.Flags);
        mount.Set("source", dev.Source);
        mount.Set("options", dev.Options);
        if (dev.HasSbFlags)
            mount.Set("sb_flags", dev.SbFlags);
    }

    // As runc creates it: an empty, read-only tmpfs.
    private static void MakeEmptyFolder(CriuObject mount, uint device)
    {
        mount.Set("fstype", (uint)Fstype.Tmpfs);
        mount.Set("root_dev", device);
        mount.Set("root", "/");
        mount.Set("flags", ReadOnlyRelative);
        mount.Set("source", "tmpfs");
        mount.Set("options", "size=4k,nr_inodes=1");
        mount.Set("sb_flags", 1u);
    }

    private KubeCheckpointException Refused(string path, string reason) =>
        ConversionFailure.MountNotConvertible(_source.Path, _source.Engine, _source.Target, path, reason);
}
