namespace KubeCheckpoint.Cluster.Preflight.Containers;

/// <summary>Something in a running pod or container that stops a dump or a restore, or that does not come back.</summary>
/// <typeparam name="T">What is known of it.</typeparam>
/// <param name="Name">The name of the check.</param>
/// <param name="Scope">What it affects.</param>
/// <param name="Finding">What was found, as a clause that the places end.</param>
/// <param name="Remedy">What to do about it.</param>
/// <param name="Source">Where that is known from: a file of CRIU 4.2 or of a runtime. "Tried" are dumps and restores by CRIU 4.2.1.</param>
/// <param name="Find">
/// The places, such as <c>process 14 (python3), descriptor 5 (127.0.0.1:7000)</c>; an empty text where the finding says it all.
/// </param>
internal sealed record ContainerRule<T>(
    string Name, SupportScope Scope, string Finding, string Remedy, string Source, Func<T, IEnumerable<string>> Find)
{
    /// <summary>The option of CRIU in the node's configuration with which it is no problem, or null.</summary>
    public string? Option { get; init; }

    /// <summary>Whether CRI-O sets that option itself.</summary>
    public bool IsSetByCriO { get; init; }

    /// <summary>True if it only may be a problem.</summary>
    public bool IsWarning { get; init; }
}
