using System.Diagnostics;
using System.Globalization;

namespace KubeCheckpoint.Benchmarks.Measuring;

/// <summary>Measures several ways to do the same in turns, so that changes in the machine's load affect all of them.</summary>
internal sealed class Contest(string title, int rounds)
{
    private readonly List<(string Name, Action Run, List<double> Milliseconds)> _entrants = [];

    /// <summary>The median of the baseline, after all rounds.</summary>
    public TimeSpan Baseline => TimeSpan.FromMilliseconds(Median(_entrants[0].Milliseconds));

    /// <summary>The first to be added is the baseline.</summary>
    public Contest Enter(string name, Action run)
    {
        _entrants.Add((name, run, []));
        return this;
    }

    /// <summary>Runs each once to warm up, then all rounds, and prints medians and ratios.</summary>
    public void Run()
    {
        foreach (var entrant in _entrants)
            entrant.Run();
        for (var round = 0; round < rounds; round++)
        {
            foreach (var entrant in _entrants)
                entrant.Milliseconds.Add(Time(entrant.Run));
        }

        Console.WriteLine($"{title} (medians of {rounds}, in turns)");
        var first = Median(_entrants[0].Milliseconds);
        foreach (var (name, _, milliseconds) in _entrants)
        {
            var median = Median(milliseconds);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {name,-58} {median,10:0.0} ms   {median / first,8:0.00}x"));
        }
    }

    private static double Time(Action run)
    {
        var clock = Stopwatch.StartNew();
        run();
        return clock.Elapsed.TotalMilliseconds;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
