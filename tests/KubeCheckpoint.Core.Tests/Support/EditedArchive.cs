using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.Contents;

namespace KubeCheckpoint.Core.Tests.Support;

/// <summary>A real archive with some members changed, as a plain tar in a temporary file.</summary>
internal sealed class EditedArchive : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <param name="fixture">The name of an archive in tests/fixtures.</param>
    /// <param name="edit">Receives the name and content of a file; returns the new content, or null to leave the file out.</param>
    /// <param name="add">Adds more members.</param>
    public EditedArchive(string fixture, Func<string, byte[], byte[]?> edit, Action<TarBuilder>? add = null)
    {
        var tar = new TarBuilder();
        using var archive = ArchiveFile.Open(Fixture.PathOf(fixture));
        archive.Scan(
            (member, data) =>
            {
                if (member.Kind == ArchiveMemberKind.Directory)
                    tar.Add(member.Name + "/", [], '5');
                else if (edit(member.Name, archive.ReadAll(member, data, int.MaxValue)) is { } content)
                    tar.Add(member.Name, content);
            },
            CancellationToken.None);
        add?.Invoke(tar);
        Path = System.IO.Path.Combine(_folder.Path, fixture);
        File.WriteAllBytes(Path, tar.End());
    }

    public string Path { get; }

    public void Dispose() => _folder.Dispose();
}
