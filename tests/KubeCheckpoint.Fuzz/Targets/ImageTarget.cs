using KubeCheckpoint.Budgets;
using KubeCheckpoint.Criu;
using KubeCheckpoint.Criu.Documents;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Fuzz.Drafts;
using KubeCheckpoint.Fuzz.Mutators;

namespace KubeCheckpoint.Fuzz.Targets;

/// <summary>Images of every type: as a document, and back byte for byte.</summary>
internal sealed class ImageTarget(IReadOnlyList<(string Name, byte[] Content)> seeds) : ITarget
{
    public string Name => "image";

    public int Weight => 100;

    public int SeedCount => seeds.Count;

    public IDraft Begin(int seed) => new BytesDraft(seeds[seed].Name, seeds[seed].Content, ImageMutator.Instance);

    public void Read(IDraft draft, FuzzRandom random, Reading reading)
    {
        var image = draft.ToBytes();
        reading.InputSize = image.Length;
        reading.Try("document", () =>
        {
            using var document = CriuDocument.Open(new MemoryStream(image), new CriuImageName("memory.tar", draft.Seed), new ArchiveBudget("memory.tar", image.Length), reading.Place.Token);
            var entries = document.Entries.ToList();
            using var written = new MemoryStream();
            new CriuDocumentWriter(written, CriuImageType.ByName[document.Type], reading.Place.Token).Write(document.Family, entries);
            if (!written.GetBuffer().AsSpan(0, (int)written.Length).SequenceEqual(image))
                reading.Fail("document", "round trip", $"{draft.Seed}: {image.Length} bytes came back as {written.Length} others");
        });
    }
}
