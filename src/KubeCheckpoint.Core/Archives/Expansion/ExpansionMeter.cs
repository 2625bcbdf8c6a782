namespace KubeCheckpoint.Archives.Expansion;

/// <summary>How far an expansion has come, by its place in the tar: of a compressed archive nobody knows how long that is.</summary>
internal sealed class ExpansionMeter(ArchiveFile archive, IProgress<TransferProgress>? progress)
{
    private readonly string _activity = $"Expanding {Path.GetFileName(archive.Path)}";
    private readonly long? _total = archive.Compression == ArchiveCompression.None ? archive.Size : null;
    private long _done;

    public void Reach(ArchiveMember member)
    {
        _done = member.DataOffset;
        Add(0);
    }

    public void Add(int count)
    {
        _done += count;
        progress?.Report(new TransferProgress(_activity, null, _done, _total));
    }
}
