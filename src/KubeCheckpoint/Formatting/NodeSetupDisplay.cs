namespace KubeCheckpoint.Formatting;

/// <summary>Configured nodes as the views show them. Called by Views/Nodes.format.ps1xml and KubeCheckpoint.types.ps1xml.</summary>
public static class NodeSetupDisplay
{
    /// <summary>Whether the runtime was restarted, or which service needs it.</summary>
    /// <param name="setup">The node.</param>
    public static string? Restart(CheckpointNodeSetup setup) => setup.IsRestarted ? "done" : Display.Printable(setup.NeedsRestart);

    /// <summary>What was done to each file, one a line.</summary>
    /// <param name="setup">The node.</param>
    public static string? Files(CheckpointNodeSetup setup) =>
        Display.PrintableLines(setup.Files.Count == 0 ? "nothing to do" : string.Join('\n', setup.Files));
}
