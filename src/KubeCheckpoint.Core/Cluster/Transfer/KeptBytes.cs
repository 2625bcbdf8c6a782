using System.Text;

namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>The beginning of a text that arrives in pieces, which may end in the middle of a character.</summary>
/// <param name="most">The bytes that are kept.</param>
internal sealed class KeptBytes(int most)
{
    private readonly List<byte> _bytes = [];

    public bool IsEmpty => _bytes.Count == 0;

    public void Append(ReadOnlySpan<byte> piece) => _bytes.AddRange(piece[..Math.Min(piece.Length, most - _bytes.Count)]);

    public override string ToString() => Encoding.UTF8.GetString([.. _bytes]);
}
