using KubeCheckpoint.Archives.Contents;

namespace KubeCheckpoint.Archives.Comparison;

/// <summary>One of the two checkpoints that are compared.</summary>
internal sealed class ComparedCheckpoint(string path, CancellationToken cancellationToken) : IDisposable
{
    // A file or socket with its lists, and its place in a lookup.
    private const int ItemCost = 256;

    private readonly CheckpointContent _content = CheckpointContent.Open(System.IO.Path.GetFullPath(path), cancellationToken);
    private CheckpointImages? _images;

    public string Path => _content.Path;

    public CheckpointContent Content => _content;

    public CheckpointImages Images => _images ??= new CheckpointImages(_content);

    /// <summary>Items that are kept until they have been compared: what they take is drawn from the archive's budget.</summary>
    /// <param name="items">The items, read as they are enumerated.</param>
    /// <param name="letters">How many letters of text an item has.</param>
    public IEnumerable<T> Keep<T>(IEnumerable<T> items, Func<T, long> letters)
    {
        foreach (var item in items)
        {
            _content.Archive.Budget.DrawMemory(ItemCost + sizeof(char) * letters(item), "what is compared");
            yield return item;
        }
    }

    public void Dispose() => _content.Dispose();
}
