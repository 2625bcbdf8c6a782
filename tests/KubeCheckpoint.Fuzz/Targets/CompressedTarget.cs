using KubeCheckpoint.Archives.Summaries;
using KubeCheckpoint.Fuzz.Drafts;
using KubeCheckpoint.Fuzz.Mutators;

namespace KubeCheckpoint.Fuzz.Targets;

/// <summary>Archives whose compressed bytes are damaged.</summary>
internal sealed class CompressedTarget(IReadOnlyList<(string Name, byte[] Content)> seeds) : ITarget
{
    public string Name => "compressed";

    public int Weight => 6;

    public int SeedCount => seeds.Count;

    public IDraft Begin(int seed) => new BytesDraft(seeds[seed].Name, seeds[seed].Content, RawMutator.Instance);

    public void Read(IDraft draft, FuzzRandom random, Reading reading)
    {
        var input = new ArchiveInput(draft, null, reading);
        reading.InputSize = 20 * input.Size;
        reading.Try("overview", () =>
        {
            using var archive = input.Open();
            CheckpointArchiveReader.Read(archive, input.Token);
        });
        if (random.OneIn(4))
            reading.Try("processes", () => input.WithImages(images => _ = images.Tasks.Count));
    }
}
