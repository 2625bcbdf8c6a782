using KubeCheckpoint.Archives;

namespace KubeCheckpoint.Parameters;

/// <summary>The processes in a checkpoint archive that a cmdlet looks at.</summary>
internal interface IProcessParameters
{
    /// <summary>Only the processes with these IDs, as seen inside the container. Default: all processes.</summary>
    public int[]? Id { get; }

    /// <summary>
    /// Only the processes with these names (the kernel's comm, at most 15 characters). Wildcards are allowed. Default: all processes.
    /// </summary>
    public string[]? Name { get; }
}

/// <summary>The parameters that choose processes, for an engine that knows no wildcards.</summary>
internal static class ProcessParameters
{
    /// <summary>What the ids and names leave; all where neither is given.</summary>
    public static ProcessFilter ToFilter(this IProcessParameters parameters)
    {
        var (ids, names) = (parameters.Id, new WildcardNames(parameters.Name));
        return (id, name) => (ids is null || ids.Contains(id)) && names.IsMatch(name);
    }
}
