using KubeCheckpoint.Fuzz.Drafts;
using KubeCheckpoint.Fuzz.Mutators;

namespace KubeCheckpoint.Fuzz.Targets;

/// <summary>Documents of one kind, whose seeds are files of the corpus.</summary>
/// <param name="name">The name, which is that of the folder in the corpus.</param>
/// <param name="weight">How often it is chosen.</param>
/// <param name="mutator">What knows their format.</param>
/// <param name="seeds">The seeds.</param>
/// <param name="read">Reads a document.</param>
internal sealed class DocumentTarget(
    string name, int weight, IMutator mutator, IReadOnlyList<(string Name, byte[] Content)> seeds, Action<byte[], Reading> read) : ITarget
{
    public string Name => name;

    public int Weight => weight;

    public int SeedCount => seeds.Count;

    public IDraft Begin(int seed) => new BytesDraft(seeds[seed].Name, seeds[seed].Content, mutator);

    public void Read(IDraft draft, FuzzRandom random, Reading reading)
    {
        var content = draft.ToBytes();
        reading.InputSize = content.Length;
        read(content, reading);
    }
}
