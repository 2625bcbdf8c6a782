namespace KubeCheckpoint.Fuzz.Mutators;

/// <summary>Changes content whose format it knows.</summary>
internal interface IMutator
{
    /// <summary>Changed content; the given bytes stay as they are.</summary>
    public byte[] Mutate(byte[] content, FuzzRandom random);
}
