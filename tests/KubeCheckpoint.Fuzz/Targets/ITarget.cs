using KubeCheckpoint.Fuzz.Drafts;

namespace KubeCheckpoint.Fuzz.Targets;

/// <summary>A kind of input, and the readers of it.</summary>
internal interface ITarget
{
    public string Name { get; }

    /// <summary>How often it is chosen, compared with others.</summary>
    public int Weight { get; }

    /// <summary>How many seeds there are.</summary>
    public int SeedCount { get; }

    /// <summary>A draft that is still a seed.</summary>
    public IDraft Begin(int seed);

    /// <summary>Reads a draft.</summary>
    /// <param name="draft">The draft.</param>
    /// <param name="random">Chooses readers.</param>
    /// <param name="reading">Runs them.</param>
    public void Read(IDraft draft, FuzzRandom random, Reading reading);
}
