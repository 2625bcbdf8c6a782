using KubeCheckpoint.Archives.Contents;

namespace KubeCheckpoint.Archives.Comparison;

/// <summary>One of the two checkpoints that are compared.</summary>
internal sealed class ComparedCheckpoint(string path, CancellationToken cancellationToken) : IDisposable
{
    private readonly CheckpointContent _content = CheckpointContent.Open(System.IO.Path.GetFullPath(path), cancellationToken);
    private CheckpointImages? _images;

    public string Path => _content.Path;

    public CheckpointContent Content => _content;

    public CheckpointImages Images => _images ??= new CheckpointImages(_content);

    public void Dispose() => _content.Dispose();
}
