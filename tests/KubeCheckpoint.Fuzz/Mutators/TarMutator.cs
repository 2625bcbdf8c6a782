using KubeCheckpoint.Fuzz.Drafts;

namespace KubeCheckpoint.Fuzz.Mutators;

/// <summary>Changes a tar in a member of an archive.</summary>
internal sealed class TarMutator : IMutator
{
    public static readonly TarMutator Instance = new();

    public byte[] Mutate(byte[] content, FuzzRandom random)
    {
        IDraft draft = new TarDraft("tar", content);
        draft.Mutate(random);
        return draft.ToBytes();
    }
}
