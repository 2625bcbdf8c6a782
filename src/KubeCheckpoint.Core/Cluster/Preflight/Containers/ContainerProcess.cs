namespace KubeCheckpoint.Cluster.Preflight.Containers;

/// <summary>What a running container shows of itself in /proc. The container chooses all names and paths in it.</summary>
internal sealed record ContainerFacts
{
    public IReadOnlyList<ContainerProcess> Processes { get; init; } = [];

    /// <summary>The TCP sockets of the pod's network, which all its containers share.</summary>
    public IReadOnlyList<TcpSocket> Sockets { get; init; } = [];

    /// <summary>The types of the file systems by their devices, as <c>0:339</c>.</summary>
    public IReadOnlyDictionary<string, string> FileSystems { get; init; } = new Dictionary<string, string>();

    /// <summary>The processes whose descriptors cannot be seen, since they belong to another user.</summary>
    public IEnumerable<ContainerProcess> Hidden => Processes.Where(process => process.Descriptors is null && process.State != 'Z');

    /// <summary>Whether there are processes and all of them can be seen.</summary>
    public bool SeesAll => Processes.Count > 0 && !Hidden.Any();

    /// <summary>False if the output ended early or there were more processes than are looked at.</summary>
    public bool IsWhole { get; init; }
}

/// <summary>A process in a container.</summary>
internal sealed record ContainerProcess(int Id)
{
    public string Name { get; init; } = "";

    /// <summary>The letter of its state, as in <c>T (stopped)</c>.</summary>
    public char State { get; init; }

    public int TracerId { get; init; }

    /// <summary>The target of the link exe, or null if it cannot be read.</summary>
    public string? Executable { get; init; }

    /// <summary>The targets of the links ns/pid and ns/user.</summary>
    public IReadOnlyList<string> Namespaces { get; init; } = [];

    /// <summary>The descriptors; null if they cannot be read, since the process belongs to another user.</summary>
    public IReadOnlyList<ContainerDescriptor>? Descriptors { get; init; }

    /// <summary>The mappings of deleted files, devices and kernel objects.</summary>
    public IReadOnlyList<ContainerMapping> Mappings { get; init; } = [];
}

/// <summary>A descriptor of a process.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Target">What /proc says it is, such as <c>/tmp/x (deleted)</c> or <c>socket:[4711]</c>.</param>
internal sealed record ContainerDescriptor(int Number, string Target)
{
    /// <summary>The type of the file: <c>-</c>, <c>c</c> and so on; null if it is not known.</summary>
    public char? Type { get; init; }

    /// <summary>How many names the file has.</summary>
    public long Links { get; init; }

    /// <summary>The size in bytes; 0 for devices.</summary>
    public long Size { get; init; }

    /// <summary>The numbers of a device.</summary>
    public (int Major, int Minor)? Device { get; init; }

    /// <summary>Watches and locks: lines of fdinfo.</summary>
    public IReadOnlyList<string> Info { get; init; } = [];
}

/// <summary>A mapping.</summary>
/// <param name="Path">What is mapped.</param>
/// <param name="End">The offset in the file at which the mapping ends.</param>
internal sealed record ContainerMapping(string Path, long End);

/// <summary>A TCP socket.</summary>
/// <param name="Local">The local address and port, for messages.</param>
/// <param name="State">The state's number (Linux, include/net/tcp_states.h).</param>
/// <param name="Backlog">Of a listening socket, the connections that the process has not accepted.</param>
/// <param name="Inode">The inode, by which descriptors name it.</param>
internal sealed record TcpSocket(string Local, int State, long Backlog, string Inode);
