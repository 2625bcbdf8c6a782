namespace KubeCheckpoint.Tests;

/// <summary>The real archives of tests/fixtures.</summary>
internal static class Fixture
{
    public static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "fixtures", "archives");

    public static TheoryData<string> Archives =>
        [.. Directory.GetFiles(Folder).Where(path => path.EndsWith(".tar") || path.EndsWith(".tar.gz") || path.EndsWith(".tar.zst")).Select(path => Path.GetFileName(path)).Order()];

    public static string PathOf(string name) => Path.Combine(Folder, name);
}
