namespace KubeCheckpoint.Fuzz.Seeds;

/// <summary>
/// The files in the folder <c>corpus</c>: a folder for each kind of input, with made-up content. An input that showed a fault is kept there
/// as <c>fault-*</c>, and is read on every run as it is.
/// </summary>
internal static class Corpus
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "corpus");

    /// <summary>The files of one kind, in the order of their names.</summary>
    public static IReadOnlyList<(string Name, byte[] Content)> Of(string kind) => Directory.Exists(Path.Combine(Folder, kind))
        ? [.. Directory.GetFiles(Path.Combine(Folder, kind)).Order(StringComparer.Ordinal).Select(path => (Path.GetFileName(path), File.ReadAllBytes(path)))]
        : [];
}
