using System.Globalization;

namespace KubeCheckpoint.Fuzz;

/// <summary>What the command line asks for.</summary>
internal sealed record FuzzOptions
{
    public const string Usage =
        """
        Reads mutated archives, images, documents and texts with every reader of the module.

          --cases N        how many cases (100000)
          --seed N         the seed; the same seed and case are the same input everywhere (1)
          --first N        the first case (0)
          --case N         one case: says what it is, and reduces it to the mutations that matter
          --jobs N         how many workers (the number of processors)
          --only NAME      one kind of input, such as archive, image or kubeconfig
          --output FOLDER  where the inputs that show faults are written (out/fuzz)

        The exit code is 1 where there are faults.
        """;

    public long Cases { get; init; } = 100_000;

    public long Seed { get; init; } = 1;

    public long First { get; init; }

    public long? Case { get; init; }

    public int Jobs { get; init; } = Environment.ProcessorCount;

    public string? Only { get; init; }

    public string Output { get; init; } = Path.Combine("out", "fuzz");

    /// <summary>The options, or null where they cannot be read.</summary>
    public static FuzzOptions? TryParse(string[] arguments)
    {
        var options = new FuzzOptions();
        foreach (var pair in arguments.Chunk(2))
        {
            if (pair.Length < 2)
                return null;
            var isNumber = long.TryParse(pair[1], CultureInfo.InvariantCulture, out var number) && number >= 0;
            var next = pair[0] switch
            {
                "--cases" when isNumber => options with { Cases = number },
                "--seed" when isNumber => options with { Seed = number },
                "--first" when isNumber => options with { First = number },
                "--case" when isNumber => options with { Case = number },
                "--jobs" when isNumber && number is > 0 and < 1000 => options with { Jobs = (int)number },
                "--only" => options with { Only = pair[1] },
                "--output" => options with { Output = pair[1] },
                _ => null,
            };
            if (next is null)
                return null;
            options = next;
        }
        return options;
    }
}
