using KubeCheckpoint.Archives.Contents;

namespace KubeCheckpoint.Archives.Search;

/// <summary>Reports how much of the memory in an archive has been searched.</summary>
internal sealed class SearchMeter
{
    private readonly IProgress<TransferProgress>? _progress;
    private readonly string _activity;
    private readonly long _total;
    private long _done;

    public SearchMeter(CheckpointContent content, IProgress<TransferProgress>? progress)
    {
        _progress = progress;
        _activity = $"Searching {Path.GetFileName(content.Path)}";
        _total = content.Members.Where(member => member.Name.StartsWith(content.MemberOf("pages-"), StringComparison.Ordinal)).Sum(member => member.Size);
    }

    public void Add(SearchBatch batch)
    {
        _done += batch.Segments.Sum(segment => (long)(segment.CoreEnd - segment.CoreStart));
        // Compressed pages take more memory than space in the file.
        _progress?.Report(new TransferProgress(_activity, null, Math.Min(_done, _total), _total));
    }
}
