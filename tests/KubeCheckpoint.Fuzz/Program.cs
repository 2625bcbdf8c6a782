using System.Globalization;
using KubeCheckpoint.Fuzz;
using KubeCheckpoint.Fuzz.Targets;

if (FuzzOptions.TryParse(args) is not { } options)
{
    Console.Error.WriteLine(FuzzOptions.Usage);
    return 2;
}

var targets = AllTargets.Create();
if (options.Only is { } only)
    targets = [.. targets.Where(target => target.Name == only)];
if (targets.Count == 0)
{
    Console.Error.WriteLine($"There is no kind of input '{options.Only}'.");
    return 2;
}

return options.Case is { } number ? Replay(number) : Run();

int Run()
{
    var result = new FuzzRun(targets, options).Run(
        fault => Console.WriteLine($"{fault.Key}: {Save(fault)}"),
        done => Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{done:n0}")));
    Console.WriteLine(result);
    return result.Faults.Count == 0 ? 0 : 1;
}

int Replay(long number)
{
    using var place = new Workplace();
    var one = new FuzzCase(targets, options.Seed, number);
    var faults = one.Read(one.Steps, place).Faults;
    Console.WriteLine($"{one.Target.Name}, {one.Make([]).Seed}: steps {string.Join(' ', one.Steps)}");
    foreach (var fault in faults)
        Console.WriteLine($"{fault.Reader}: {fault.Message}\n{Save(fault)}");
    return faults.Count == 0 ? 0 : 1;
}

// The input after the steps that the fault needs; one that hangs is not read again.
string Save(Fault fault)
{
    var one = new FuzzCase(targets, options.Seed, fault.Case);
    using var place = new Workplace();
    var steps = fault.Kind is "hang" or "time" ? one.Steps : one.Reduce(fault.Key, place);
    var folder = Path.Combine(options.Output, fault.Target);
    Directory.CreateDirectory(folder);
    var path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"fault-{options.Seed}-{fault.Case}"));
    File.WriteAllBytes(path, one.Make(steps).ToBytes());
    File.WriteAllText(path + ".txt", $"{fault.Key}\ncase {fault.Case} of seed {options.Seed}, {fault.Target}, {one.Make([]).Seed}, read by {fault.Reader}, steps {string.Join(' ', steps)}\n{fault.Message}\n");
    return path;
}
