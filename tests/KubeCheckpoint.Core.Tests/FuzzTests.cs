using KubeCheckpoint.Fuzz;
using KubeCheckpoint.Fuzz.Targets;

namespace KubeCheckpoint.Core.Tests;

/// <summary>
/// A short run of the fuzzer, always of the same cases: every hostile input ends in a result or a KubeCheckpointException, within time and
/// memory, and leaves no file outside the destination.
/// </summary>
public sealed class FuzzTests
{
    private static readonly Lazy<IReadOnlyList<ITarget>> Targets = new(AllTargets.Create);

    [Theory]
    [InlineData("archive", 2000)]
    [InlineData("object", 500)]
    [InlineData("auth", 200)]
    [InlineData("image", 2000)]
    [InlineData("compressed", 100)]
    [InlineData("layout", 60)]
    [InlineData("kubeconfig", 400)]
    [InlineData("patch", 200)]
    [InlineData("credential", 200)]
    [InlineData("certificate", 30)]
    [InlineData("node", 200)]
    [InlineData("log", 200)]
    [InlineData("selector", 100)]
    [InlineData("frames", 100)]
    [InlineData("proxy", 100)]
    [InlineData("manifest", 300)]
    [InlineData("challenge", 200)]
    [InlineData("name", 100)]
    public void Every_case_is_read_or_refused(string kind, int cases)
    {
        ITarget[] targets = [Targets.Value.Single(target => target.Name == kind)];

        var result = new FuzzRun(targets, new FuzzOptions { Cases = cases, Jobs = 1 }).Run(_ => { }, _ => { });

        Assert.True(result.Faults.Count == 0, result.ToString());
        Assert.InRange(result.Refusals, 0, result.Calls - 1);
    }

    [Fact]
    public void Every_seed_is_read_or_refused()
    {
        using var place = new Workplace();
        foreach (var target in Targets.Value)
        {
            for (var seed = 0; seed < target.SeedCount; seed++)
            {
                place.Begin();
                var reading = new Reading(seed, target.Name, place);
                target.Read(target.Begin(seed), new FuzzRandom(0, seed, 0), reading);
                Assert.True(reading.Faults.Count == 0, string.Join('\n', reading.Faults));
            }
        }
    }

    [Fact]
    public void A_case_is_the_same_every_time()
    {
        for (var number = 0; number < 200; number++)
        {
            var one = new FuzzCase(Targets.Value, 5, number);
            Assert.Equal(one.Make(one.Steps).ToBytes(), new FuzzCase(Targets.Value, 5, number).Make(one.Steps).ToBytes());
        }
    }
}
