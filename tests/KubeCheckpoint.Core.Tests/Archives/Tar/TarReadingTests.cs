using System.Globalization;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Tar;
using KubeCheckpoint.Core.Tests.Archives.Tar.Readings;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Archives.Tar;

/// <summary>
/// What is read without a failure is what Go's archive/tar, GNU tar and Python read. KUBECHECKPOINT_TAR_CASES is the number of mutated tars.
/// </summary>
public sealed class TarReadingTests : IDisposable
{
    // The programs read this part of what is accepted.
    private const int MostForPrograms = 4000;

    private static readonly int Cases = int.Parse(Environment.GetEnvironmentVariable("KUBECHECKPOINT_TAR_CASES") ?? "12000", CultureInfo.InvariantCulture);

    private static readonly Lazy<List<Accepted>> Read = new(() => [.. Accept(1, Cases)]);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_read_follows_the_rules_of_archive_tar()
    {
        foreach (var (tar, what, ours) in Read.Value)
            AssertSame(what, ours, GoRules.Read(tar));
        Assert.InRange(Read.Value.Count, Cases / 10, Cases / 2);
    }

    [RequiresToolsFact(TarPrograms.Gnu)]
    public void Tar_lists_what_is_read()
    {
        var accepted = Read.Value.Take(MostForPrograms).ToList();
        var listed = TarPrograms.ReadWithGnu([.. accepted.Select(item => item.Tar)], _folder.Path);

        // It shows sparse files as files, and not where their data is.
        foreach (var ((_, what, ours), theirs) in accepted.Zip(listed))
            AssertSame(what, ours.Select(entry => entry with { Type = entry.Type == 'S' ? '0' : entry.Type, HeaderOffset = 0, DataOffset = 0, Stored = "" }), theirs);
    }

    [RequiresToolsFact(TarPrograms.Python)]
    public void Python_reads_what_is_read()
    {
        var accepted = Read.Value.Take(MostForPrograms).ToList();
        var read = TarPrograms.ReadWithPython([.. accepted.Select(item => item.Tar)], _folder.Path);

        foreach (var ((tar, what, ours), theirs) in accepted.Zip(read))
            AssertSame(what, ours.Select(entry => entry with { HeaderOffset = 0 }), theirs?.Select((entry, i) => WithoutTimes(tar, ours.ElementAtOrDefault(i), entry with { HeaderOffset = 0 })));
    }

    // The one thing that Python reads in another way: the times in a header of GNU tar, which .NET writes, are no part of the name.
    private static TarEntry WithoutTimes(byte[] tar, TarEntry? ours, TarEntry theirs)
    {
        if (ours is null || !tar.AsSpan((int)ours.HeaderOffset + 257, 8).SequenceEqual("ustar  \0"u8))
            return theirs;
        var times = TarHeader.Text(tar.AsSpan((int)ours.HeaderOffset + 345, 155), TarText.EncodingOf(TarContent.RootFs));
        return theirs.Name == TarEntry.Clean($"{times}/{ours.Name}") ? theirs with { Name = ours.Name } : theirs;
    }

    [RequiresToolsFact(TarPrograms.Gnu)]
    public void A_file_of_a_checkpoint_has_the_data_that_it_has_when_unpacked()
    {
        var files = 0;
        foreach (var (tar, what, _) in Read.Value.Take(MostForPrograms).Where((_, i) => i % 10 == 0))
        {
            if (TryReadFiles(tar) is not { } expected)
                continue;
            var folder = Directory.CreateDirectory(Path.Combine(_folder.Path, $"{files}")).FullName;
            Tools.Run(TarPrograms.Gnu, "-xf", _folder.Write("one.tar", tar), "-C", folder, "--no-same-owner", "--no-same-permissions");
            foreach (var (name, data) in expected)
                Assert.True(data.SequenceEqual(File.ReadAllBytes(Path.Combine(folder, name))), $"{what}: {name}");
            files += expected.Count;
        }
        Assert.InRange(files, 100, int.MaxValue);
    }

    // Null for what is refused, and for devices, sizes and names that are not to be unpacked.
    private static List<(string Name, byte[] Data)>? TryReadFiles(byte[] tar)
    {
        try
        {
            using var file = new ArchiveFile(new MemorySource(tar));
            var index = file.ReadIndex(CancellationToken.None);
            return index.Any(member => member.Kind == ArchiveMemberKind.Other || member.Size > 1 << 20 || member.Name.Split('/').Any(part => part.Length > 200))
                ? null
                : [.. index.Where(member => member.Kind == ArchiveMemberKind.File).Select(member => (member.Name, file.ReadAll(member, file.OpenMember(member, default), 1 << 20)))];
        }
        catch (KubeCheckpointException)
        {
            return null;
        }
    }

    private static IEnumerable<Accepted> Accept(int seed, int count)
    {
        var mutator = new TarMutator(seed);
        for (var i = 0; i < count; i++)
        {
            var (tar, what) = mutator.Next();
            IReadOnlyList<TarEntry> entries;
            try
            {
                entries = OurReading.ReadMembers(tar, out var length);
                tar = tar[..length];
            }
            catch (KubeCheckpointException)
            {
                continue;
            }
            yield return new(tar, $"case {i} ({what})", entries);
        }
    }

    private static void AssertSame(string what, IEnumerable<TarEntry> ours, IEnumerable<TarEntry>? theirs)
    {
        Assert.True(theirs is not null, $"{what}: they refuse it");
        Assert.True(ours.SequenceEqual(theirs), $"{what}:\n{string.Join('\n', ours)}\nThey:\n{string.Join('\n', theirs)}");
    }

    private sealed record Accepted(byte[] Tar, string What, IReadOnlyList<TarEntry> Entries);
}
