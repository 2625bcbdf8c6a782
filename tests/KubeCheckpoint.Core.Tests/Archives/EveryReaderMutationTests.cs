using System.Diagnostics;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.Checks;
using KubeCheckpoint.Archives.Comparison;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Exports;
using KubeCheckpoint.Archives.MemoryMaps;
using KubeCheckpoint.Archives.Processes;
using KubeCheckpoint.Archives.Statistics;
using KubeCheckpoint.Core.Tests.Archives.Search;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Archives;

/// <summary>Archives with damage in any of their images, read by every reader: a result or an error of the module, in bounded time.</summary>
public sealed class EveryReaderMutationTests : IDisposable
{
    private static readonly TimeSpan PerCase = TimeSpan.FromSeconds(30);

    private readonly TemporaryFolder _folder = new();

    private static int Rounds => int.TryParse(Environment.GetEnvironmentVariable("KUBECHECKPOINT_MUTATIONS"), out var rounds) ? rounds : 300;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("zoo-crio.tar", 11)]
    [InlineData("containerd-counter.tar", 12)]
    public void Damage_in_any_image(string name, int seed)
    {
        var whole = File.ReadAllBytes(Fixture.PathOf(name));
        var path = _folder.Write("damaged.tar", whole);
        using var archive = ArchiveFile.Open(path);
        var images = archive.ReadIndex(CancellationToken.None)
            .Where(member => member.Size > 8 && member.Name.EndsWith(".img", StringComparison.Ordinal) && !member.Name.Contains("/pages-") && !member.Name.Contains("/tmpfs-"))
            .ToList();
        var random = new Random(seed);
        var (answers, failures) = (0, 0);
        for (var round = 0; round < Rounds; round++)
        {
            var damaged = (byte[])whole.Clone();
            var member = images[random.Next(images.Count)];
            for (var edits = random.Next(1, 4); edits > 0; edits--)
                damaged[member.DataOffset + random.Next((int)member.Size)] = random.Next(2) == 0 ? (byte)random.Next(256) : (byte)0xff;
            File.WriteAllBytes(path, damaged);
            var watch = Stopwatch.StartNew();
            foreach (var ask in Readers(path, Fixture.PathOf(name)))
                _ = Answers(ask, $"{name}, round {round}, {member.Name}") ? answers++ : failures++;
            Assert.True(watch.Elapsed < PerCase, $"{member.Name} took {watch.Elapsed}");
        }
        Assert.True(answers > failures && failures > 0, $"{answers} answers, {failures} failures");
    }

    [Theory]
    [InlineData("zoo-crio.tar")]
    [InlineData("containerd-counter.tar")]
    public async Task A_hole_of_four_exbibytes_after_any_member(string name)
    {
        var whole = Fixture.PathOf(name);
        using var archive = ArchiveFile.Open(whole);
        foreach (var sparse in archive.ReadIndex(CancellationToken.None).Where(member => member is { Kind: ArchiveMemberKind.File, Size: > 0 }))
        {
            var tar = new TarBuilder();
            foreach (var member in archive.ReadIndex(CancellationToken.None).Where(member => member.Kind == ArchiveMemberKind.File))
            {
                var bytes = archive.ReadMember(member);
                _ = member == sparse ? tar.Sparse(member.Name, "0.0", 1L << 62, [(0, bytes.Length)], bytes) : tar.Add(member.Name, bytes);
            }
            var path = _folder.Write("hole.tar", tar.End());
            var reading = Task.Run(() => Readers(path, whole).ToList().ForEach(ask => Answers(ask, sparse.Name)));
            Assert.True(await Task.WhenAny(reading, Task.Delay(PerCase)) == reading, $"{sparse.Name} takes more than {PerCase}");
            await reading;
        }
    }

    private IEnumerable<Action> Readers(string path, string whole)
    {
        yield return () => _ = CheckpointProcessReader.Read(path, new ProcessQuery { IncludeEnvironment = true, AsTree = true }, CancellationToken.None).Count();
        yield return () => _ = MemoryMapReader.Read(path, (_, _) => true, CancellationToken.None).Count();
        yield return () => _ = StatisticReader.Read(path, CancellationToken.None).Count();
        yield return () => ArchiveChecker.Check(path, CancellationToken.None);
        yield return () => _ = ArchiveComparer.Compare(new ComparisonRequest(whole, path), CancellationToken.None).Count();
        yield return () => Searching.Find(path, Searching.Text("KC-"), _ => { });
        yield return () => WriteCoreDumps(path);
    }

    private void WriteCoreDumps(string path)
    {
        using var export = MemoryExport.Open(path, CancellationToken.None);
        foreach (var process in export.Processes.Where(process => process.HasMemory))
            export.WriteCoreDump(process.Id, Path.Combine(_folder.Path, "core"), overwrite: true, null);
    }

    private static bool Answers(Action ask, string situation)
    {
        try
        {
            ask();
            return true;
        }
        catch (KubeCheckpointException failure)
        {
            Assert.NotEmpty(failure.RecommendedAction);
            return false;
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException(situation, exception);
        }
    }
}
