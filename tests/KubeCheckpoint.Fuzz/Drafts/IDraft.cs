namespace KubeCheckpoint.Fuzz.Drafts;

/// <summary>An input that is changed step by step.</summary>
internal interface IDraft
{
    /// <summary>The seed that it began as.</summary>
    public string Seed { get; }

    /// <summary>Makes one change.</summary>
    public void Mutate(FuzzRandom random);

    /// <summary>How many bytes the input has.</summary>
    public int Length { get; }

    /// <summary>Writes the input.</summary>
    public void CopyTo(Span<byte> buffer);

    /// <summary>The input as a file.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[Length];
        CopyTo(bytes);
        return bytes;
    }
}
