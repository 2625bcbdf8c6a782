using KubeCheckpoint.Fuzz.Mutators;

namespace KubeCheckpoint.Fuzz.Drafts;

/// <summary>A text, a document or an image.</summary>
/// <param name="seed">The seed.</param>
/// <param name="content">Its content.</param>
/// <param name="mutator">The mutator that knows its format.</param>
internal sealed class BytesDraft(string seed, byte[] content, IMutator mutator) : IDraft
{
    public string Seed => seed;

    public byte[] Content { get; private set; } = content;

    public void Mutate(FuzzRandom random) => Content = (random.OneIn(8) ? RawMutator.Instance : mutator).Mutate(Content, random);

    public int Length => Content.Length;

    public void CopyTo(Span<byte> buffer) => Content.CopyTo(buffer);

    public byte[] ToBytes() => Content;
}
