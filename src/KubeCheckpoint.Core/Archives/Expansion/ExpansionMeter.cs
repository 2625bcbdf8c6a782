using KubeCheckpoint.Archives.Contents;

namespace KubeCheckpoint.Archives.Expansion;

/// <summary>
/// Reports the progress of an expansion by the position in the tar, in which holes and links are shorter than the files they give. The
/// total is unknown for a compressed archive.
/// </summary>
internal sealed class ExpansionMeter(ArchiveFile archive, IProgress<TransferProgress>? progress)
{
    private readonly string _activity = $"Expanding {Path.GetFileName(archive.Path)}";
    private readonly long? _total = archive.Compression == ArchiveCompression.None ? archive.Size : null;
    private long _done;

    public void Reach(ArchiveMember member)
    {
        _done = member.LinkedTo is null ? member.DataOffset : member.HeaderOffset;
        Add(0);
    }

    public void Add(int count)
    {
        _done += count;
        progress?.Report(new TransferProgress(_activity, null, Math.Min(_done, _total ?? long.MaxValue), _total));
    }
}
