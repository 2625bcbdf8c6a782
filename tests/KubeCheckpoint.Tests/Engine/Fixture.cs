namespace KubeCheckpoint.Tests.Engine;

/// <summary>The archives that the tests share.</summary>
internal static class Fixture
{
    /// <summary>The folder of the archives.</summary>
    public static string Archives { get; } = Path.Combine(AppContext.BaseDirectory, "fixtures", "archives");

    /// <summary>An archive of CRI-O with many kinds of processes, files and sockets.</summary>
    public static string Zoo { get; } = Archive("zoo-crio.tar");

    /// <summary>The path of an archive.</summary>
    public static string Archive(string name) => Path.Combine(Archives, name);
}
