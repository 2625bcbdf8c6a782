namespace KubeCheckpoint.Formatting;

/// <summary>Restores as the views show them. Called by Views/Restores.format.ps1xml.</summary>
public static class RestoreDisplay
{
    /// <summary>How many of the probes succeeded: <c>1/2</c>.</summary>
    /// <param name="probes">The probes.</param>
    public static string Probes(IReadOnlyList<PodProbeResult> probes) => $"{probes.Count(probe => probe.Succeeded)}/{probes.Count}";
}
