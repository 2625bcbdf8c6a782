using KubeCheckpoint.Benchmarks;

switch (args)
{
    case []:
        ImportBenchmark.Run();
        return 0;
    case [ImportBenchmark.ChildVerb, var modulePath]:
        ImportBenchmark.MeasureInThisProcess(modulePath);
        return 0;
    default:
        Console.Error.WriteLine("usage: KubeCheckpoint.Benchmarks");
        return 2;
}
