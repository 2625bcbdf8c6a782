using KubeCheckpoint.Fuzz.Drafts;

namespace KubeCheckpoint.Fuzz.Targets;

/// <summary>Archives of all engines. Mostly the readers of what was changed read them, now and then all.</summary>
/// <param name="seeds">The archives.</param>
/// <param name="reference">One of them, to compare with.</param>
internal sealed class ArchiveTarget(IReadOnlyList<TarDraft> seeds, TarDraft reference) : ITarget
{
    private const int UsualReaders = 2;
    private const int AllReaders = 100;

    public string Name => "archive";

    public int Weight => 200;

    public int SeedCount => seeds.Count;

    public IDraft Begin(int seed) => seeds[seed].Copy();

    public void Read(IDraft draft, FuzzRandom random, Reading reading)
    {
        var input = new ArchiveInput(draft, reference, reading);
        reading.InputSize = input.Size;
        foreach (var reader in Choose((TarDraft)draft, random))
            reading.Try(reader.Name, () => reader.Read(input));
    }

    private static IEnumerable<ArchiveReader> Choose(TarDraft draft, FuzzRandom random)
    {
        if (random.OneIn(AllReaders))
            return ArchiveReaders.All;
        var stems = draft.Touched.Select(MemberFormat.StemOf).ToHashSet(StringComparer.Ordinal);
        var touching = ArchiveReaders.All.Where(reader => reader.Touches(stems)).ToList();
        return touching.Count == 0 || (draft.IsStructureTouched && random.OneIn(3))
            ? [ArchiveReaders.All[0], Pick(ArchiveReaders.All, random)]
            : Enumerable.Range(0, UsualReaders).Select(_ => Pick(touching, random)).Distinct();
    }

    // Readers that take long less often than others.
    private static ArchiveReader Pick(IReadOnlyList<ArchiveReader> readers, FuzzRandom random)
    {
        var reader = random.Pick(readers);
        for (var tries = 0; tries < 5 && !random.OneIn(reader.Cost); tries++)
            reader = random.Pick(readers);
        return reader;
    }
}
