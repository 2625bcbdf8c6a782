using System.Diagnostics;
using KubeCheckpoint.Fuzz.Targets;

namespace KubeCheckpoint.Fuzz;

/// <summary>Runs cases on several workers, and gives up a worker that hangs.</summary>
internal sealed class FuzzRun(IReadOnlyList<ITarget> targets, FuzzOptions options)
{
    private const int Batch = 64;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (Fault First, long Count)> _faults = [];
    private readonly Dictionary<string, long> _cases = [];
    private readonly List<Worker> _workers = [];
    private readonly List<Worker> _givenUp = [];
    private long _next = options.First;
    private long _done;
    private long _calls;
    private long _refusals;
    private (long Case, TimeSpan Time) _slowest;
    private (long Case, long Bytes) _largest;

    /// <summary>Runs all cases.</summary>
    /// <param name="onFault">Receives each fault when it is first found.</param>
    /// <param name="onProgress">Receives the number of cases that are done, every few seconds.</param>
    public FuzzResult Run(Action<Fault> onFault, Action<long> onProgress)
    {
        var watch = Stopwatch.StartNew();
        var processorTime = Process.GetCurrentProcess().TotalProcessorTime;
        for (var i = 0; i < options.Jobs; i++)
            Start(onFault);
        while (!TryWait(onFault))
            onProgress(Interlocked.Read(ref _done));
        return new FuzzResult
        {
            Cases = _done,
            Calls = _calls,
            Refusals = _refusals,
            Elapsed = watch.Elapsed,
            ProcessorTime = Process.GetCurrentProcess().TotalProcessorTime - processorTime,
            Jobs = options.Jobs,
            Readers = Readers(),
            Faults = [.. _faults.Values.OrderByDescending(fault => fault.Count)],
            Slowest = _slowest,
            Largest = _largest,
            PeakMemory = Process.GetCurrentProcess().PeakWorkingSet64,
            CasesByTarget = _cases,
        };
    }

    private Dictionary<string, (long Calls, TimeSpan Time)> Readers() => _workers.Concat(_givenUp)
        .SelectMany(worker => worker.Place.Readers)
        .GroupBy(reader => reader.Key)
        .ToDictionary(group => group.Key, group => (group.Sum(reader => reader.Value.Calls), group.Aggregate(TimeSpan.Zero, (sum, reader) => sum + reader.Value.Time)));

    private void Start(Action<Fault> onFault)
    {
        var worker = new Worker();
        worker.Thread = new Thread(() => Work(worker, onFault), maxStackSize: 8 * 1024 * 1024) { IsBackground = true };
        lock (_lock)
            _workers.Add(worker);
        worker.Thread.Start();
    }

    private bool TryWait(Action<Fault> onFault)
    {
        const int Seconds = 5;
        List<Worker> workers;
        lock (_lock)
            workers = [.. _workers];
        var deadline = Stopwatch.StartNew();
        foreach (var worker in workers)
            worker.Thread!.Join(TimeSpan.FromSeconds(Math.Max(0, Seconds - deadline.Elapsed.TotalSeconds)));
        foreach (var worker in workers.Where(worker => worker.Thread!.IsAlive && worker.Elapsed > FuzzLimits.Hang))
        {
            lock (_lock)
            {
                _workers.Remove(worker);
                _givenUp.Add(worker);
            }
            Count(new Fault(worker.Case, worker.Target, worker.Place.Reader, "hang", "", $"no end after {FuzzLimits.Hang}"), onFault);
            Start(onFault);
        }
        lock (_lock)
            return _workers.TrueForAll(worker => !worker.Thread!.IsAlive);
    }

    private void Work(Worker worker, Action<Fault> onFault)
    {
        using var place = worker.Place;
        while (true)
        {
            var first = Interlocked.Add(ref _next, Batch) - Batch;
            var end = Math.Min(first + Batch, options.First + options.Cases);
            if (first >= end)
                return;
            for (var number = first; number < end; number++)
                Run(number, worker, onFault);
        }
    }

    private void Run(long number, Worker worker, Action<Fault> onFault)
    {
        var one = new FuzzCase(targets, options.Seed, number);
        worker.Begin(one);
        var reading = one.Read(one.Steps, worker.Place);
        var time = reading.Time;
        var limit = FuzzLimits.TimeFor(reading.InputSize);
        if (time > limit / 4 && time < FuzzLimits.Cancel && (time > limit || time > _slowest.Time))
            time = Shortest(one, worker, time);
        if (time > limit && !reading.Faults.Any(fault => fault.Kind == "time"))
            reading.Fail(worker.Place.Reader, "time", $"{time.TotalSeconds:n1} s");
        Add(one, reading, time);
        foreach (var fault in reading.Faults)
            Count(fault, onFault);
    }

    // Of three, since other programs use the processor too.
    private static TimeSpan Shortest(FuzzCase one, Worker worker, TimeSpan time)
    {
        for (var i = 0; i < 2; i++)
        {
            worker.Begin(one);
            var again = one.Read(one.Steps, worker.Place).Time;
            time = time < again ? time : again;
        }
        return time;
    }

    private void Add(FuzzCase one, Reading reading, TimeSpan time)
    {
        lock (_lock)
        {
            _done++;
            _calls += reading.Calls;
            _refusals += reading.Refusals;
            _cases[one.Target.Name] = _cases.GetValueOrDefault(one.Target.Name) + 1;
            if (time > _slowest.Time)
                _slowest = (one.Number, time);
            if (reading.Allocated > _largest.Bytes)
                _largest = (one.Number, reading.Allocated);
        }
    }

    private void Count(Fault fault, Action<Fault> onFault)
    {
        bool isNew;
        lock (_lock)
        {
            isNew = !_faults.TryGetValue(fault.Key, out var known);
            _faults[fault.Key] = isNew ? (fault, 1) : (known.First, known.Count + 1);
        }
        if (isNew)
            onFault(fault);
    }

    private sealed class Worker
    {
        private long _started = Stopwatch.GetTimestamp();
        private long _case;
        private volatile string _target = "";

        public Thread? Thread { get; set; }

        public Workplace Place { get; } = new();

        public long Case => Interlocked.Read(ref _case);

        public string Target => _target;

        public TimeSpan Elapsed => Stopwatch.GetElapsedTime(Interlocked.Read(ref _started));

        public void Begin(FuzzCase one)
        {
            Interlocked.Exchange(ref _case, one.Number);
            _target = one.Target.Name;
            Interlocked.Exchange(ref _started, Stopwatch.GetTimestamp());
        }
    }
}
