using KubeCheckpoint.Fuzz.Drafts;
using KubeCheckpoint.Fuzz.Targets;

namespace KubeCheckpoint.Fuzz;

/// <summary>A case: a seed and steps that change it, all from two numbers.</summary>
internal sealed class FuzzCase
{
    private const int ReadStep = int.MaxValue;

    private readonly long _seed;
    private readonly int _seedIndex;

    public FuzzCase(IReadOnlyList<ITarget> targets, long seed, long number)
    {
        _seed = seed;
        Number = number;
        var random = new FuzzRandom(seed, number, 0);
        Target = Choose(targets, random);
        _seedIndex = random.Next(Target.SeedCount);
        var count = 1;
        while (count < 12 && !random.OneIn(2))
            count++;
        Steps = [.. Enumerable.Range(1, count)];
    }

    public long Number { get; }

    public ITarget Target { get; }

    /// <summary>The steps, which are numbered from 1.</summary>
    public IReadOnlyList<int> Steps { get; }

    /// <summary>The input after some of the steps.</summary>
    public IDraft Make(IEnumerable<int> steps)
    {
        var draft = Target.Begin(_seedIndex);
        foreach (var step in steps)
            draft.Mutate(new FuzzRandom(_seed, Number, step));
        return draft;
    }

    /// <summary>Makes the input and reads it.</summary>
    public Reading Read(IEnumerable<int> steps, Workplace place)
    {
        var reading = new Reading(Number, Target.Name, place);
        place.Reader = "mutation";
        var draft = Make(steps);
        place.Begin();
        Target.Read(draft, new FuzzRandom(_seed, Number, ReadStep), reading);
        return reading;
    }

    /// <summary>The steps without those that a fault does not need.</summary>
    public IReadOnlyList<int> Reduce(string key, Workplace place)
    {
        var steps = Steps.ToList();
        foreach (var step in Steps)
        {
            var fewer = steps.Where(other => other != step).ToList();
            if (Read(fewer, place).Faults.Any(fault => fault.Key == key))
                steps = fewer;
        }
        return steps;
    }

    private static ITarget Choose(IReadOnlyList<ITarget> targets, FuzzRandom random)
    {
        var at = random.Next(targets.Sum(target => target.Weight));
        foreach (var target in targets)
        {
            at -= target.Weight;
            if (at < 0)
                return target;
        }
        return targets[^1];
    }
}
