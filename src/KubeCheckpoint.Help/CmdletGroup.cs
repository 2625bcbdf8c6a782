namespace KubeCheckpoint.Help;

/// <summary>Cmdlets of one kind of task, in the order in which they are used.</summary>
/// <param name="Title">The task.</param>
/// <param name="Commands">The names of the cmdlets.</param>
internal sealed record CmdletGroup(string Title, IReadOnlyList<string> Commands)
{
    private static readonly CmdletGroup[] Tasks =
    [
        new("Prepare a cluster", ["Test-CheckpointSupport", "Initialize-CheckpointNode", "Grant-CheckpointAccess"]),
        new("Take checkpoints", ["Get-Pod", "Invoke-ContainerCheckpoint", "Save-CheckpointArchive"]),
        new("Work with archives", ["Get-CheckpointArchive", "Test-CheckpointArchive", "Compare-CheckpointArchive", "Expand-CheckpointArchive"]),
        new(
            "Look inside an archive",
            [
                "Get-CheckpointProcess", "Get-CheckpointOpenFile", "Get-CheckpointSocket", "Get-CheckpointMount", "Get-CheckpointMemoryMap",
                "Get-CheckpointFileChange", "Get-CheckpointStatistic", "Get-CheckpointLog", "Search-CheckpointMemory",
            ]),
        new("Export from an archive", ["Export-CheckpointMemory", "Export-CheckpointCoreDump", "ConvertFrom-CriuImage", "ConvertTo-CriuImage"]),
        new("Make restore images", ["New-RestoreImage", "Get-RestoreImage", "Publish-RestoreImage", "Test-RestoreImage"]),
        new("Restore and move pods", ["Restore-Pod", "Test-PodRestore", "Move-Pod"]),
        new("Clean up", ["Get-CheckpointLeftover", "Remove-CheckpointLeftover"]),
    ];

    /// <summary>The groups with the help of their cmdlets. Fails for a cmdlet that is in none, and for a name that is no cmdlet.</summary>
    /// <param name="commands">All cmdlets of the module.</param>
    public static IReadOnlyList<(string Title, IReadOnlyList<CommandHelp> Commands)> Arrange(IReadOnlyList<CommandHelp> commands)
    {
        var missing = commands.Select(command => command.Name).Except(Tasks.SelectMany(task => task.Commands)).ToList();
        return missing.Count > 0
            ? throw new InvalidOperationException($"In no group of {nameof(CmdletGroup)}: {string.Join(", ", missing)}.")
            : [.. Tasks.Select(task => (task.Title, HelpOf(task.Commands)))];

        IReadOnlyList<CommandHelp> HelpOf(IEnumerable<string> names) => [.. names.Select(name => commands.Single(command => command.Name == name))];
    }
}
