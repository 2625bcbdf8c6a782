namespace KubeCheckpoint.Sandbox.Faults;

/// <summary>The faults that were added, in order.</summary>
internal sealed class FaultList
{
    private readonly Lock _gate = new();
    private readonly List<Armed> _faults = [];

    public void Add(SandboxFault fault)
    {
        lock (_gate)
            _faults.Add(new Armed { Fault = fault, Skip = fault.Skip, Left = fault.Times });
    }

    /// <summary>Takes the fault that applies to a request, which counts as one of its times; null for none.</summary>
    public SandboxFault? Take(SandboxRequest request)
    {
        lock (_gate)
        {
            foreach (var armed in _faults.Where(armed => armed.Left > 0 && Strikes(armed.Fault, request)))
            {
                if (armed.Skip > 0)
                {
                    armed.Skip--;
                    continue;
                }
                armed.Left--;
                return armed.Fault;
            }
            return null;
        }
    }

    private static bool Strikes(SandboxFault fault, SandboxRequest request) =>
        (fault.Server is null || fault.Server == request.Server)
        && (fault.Method is null || fault.Method.Equals(request.Method, StringComparison.OrdinalIgnoreCase))
        && (fault.PathContains is null || request.Path.Contains(fault.PathContains, StringComparison.Ordinal))
        && (fault.When is null || fault.When(request));

    private sealed class Armed
    {
        public required SandboxFault Fault { get; init; }

        public int Skip { get; set; }

        public int Left { get; set; }
    }
}
