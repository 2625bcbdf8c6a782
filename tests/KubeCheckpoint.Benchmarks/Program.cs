using System.Globalization;
using KubeCheckpoint.Benchmarks;
using KubeCheckpoint.Benchmarks.Synthetic;

switch (args)
{
    case [] or ["import"]:
        ImportBenchmark.Run();
        return 0;
    case [ImportBenchmark.ChildVerb, var modulePath]:
        ImportBenchmark.MeasureInThisProcess(modulePath);
        return 0;
    case ["compare"]:
        CompareBenchmark.Run();
        return 0;
    case ["criu-image"]:
        CriuImageBenchmark.Run();
        return 0;
    case ["image"]:
        ImageBenchmark.Run(isTuning: false);
        return 0;
    case ["image", "chunks"]:
        ImageBenchmark.Run(isTuning: true);
        return 0;
    case ["move"]:
        await MoveBenchmark.RunAsync(1024);
        return 0;
    case ["move", var size]:
        await MoveBenchmark.RunAsync(int.Parse(size, CultureInfo.InvariantCulture));
        return 0;
    case ["overview"]:
        OverviewBenchmark.Run();
        return 0;
    case ["save"]:
        await SaveBenchmark.RunAsync();
        return 0;
    case ["search"]:
        SearchBenchmark.Run();
        return 0;
    case ["start"]:
        await StartBenchmark.RunAsync();
        return 0;
    case ["write", var path, var mebibytes]:
        SyntheticArchive.Write(path, new SyntheticArchiveOptions { MemorySize = long.Parse(mebibytes, CultureInfo.InvariantCulture) << 20 });
        return 0;
    default:
        Console.Error.WriteLine("usage: KubeCheckpoint.Benchmarks [compare | criu-image | image [chunks] | import | move [MIB] | overview | save | search | start | write PATH MIB]");
        return 2;
}
