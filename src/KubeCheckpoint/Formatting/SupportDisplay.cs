namespace KubeCheckpoint.Formatting;

/// <summary>Support checks as the views show them. Called by Views/Preflight.format.ps1xml.</summary>
public static class SupportDisplay
{
    /// <summary>Why a result is no or unknown: the checks that failed, and with a question mark the decisive ones whose outcome is unknown.</summary>
    /// <param name="checks">The checks.</param>
    public static string Reason(IReadOnlyList<SupportCheck> checks)
    {
        var failed = checks.Where(check => check.Outcome == SupportOutcome.Failed).Select(check => check.Name);
        var undecided = checks.Where(check => check.Outcome == SupportOutcome.Unknown && check.IsDecisive).Select(check => check.Name + "?");
        return string.Join(", ", failed.Concat(undecided).Distinct());
    }

    /// <summary>What a check belongs to: its node, and its archive if it is about one.</summary>
    /// <param name="check">The check.</param>
    public static string Group(SupportCheck check) =>
        Display.Printable(check.ArchivePath is null ? check.NodeName : $"{check.NodeName}   Archive: {Path.GetFileName(check.ArchivePath)}")!;

    /// <summary>The operations a check matters for, as a word or as initials.</summary>
    /// <param name="scope">The scope.</param>
    public static string Scope(SupportScope scope) => scope switch
    {
        SupportScope.Checkpoint or SupportScope.Save or SupportScope.Restore => scope.ToString(),
        SupportScope.Checkpoint | SupportScope.Save | SupportScope.Restore => "all",
        _ => string.Join('+', Enum.GetValues<SupportScope>().Where(one => one != SupportScope.None && scope.HasFlag(one)).Select(one => one.ToString()[..1])),
    };

    /// <summary>What was found and what to do about it.</summary>
    /// <param name="check">The check.</param>
    public static string? Detail(SupportCheck check) =>
        Display.Printable(check.Remedy is null ? check.Detail : $"{check.Detail}. -> {check.Remedy}");

    /// <summary>An object's name, and below it the rights a role gives or who gets them by a binding.</summary>
    /// <param name="access">The object.</param>
    public static string? Access(CheckpointAccess access)
    {
        var grants = access.Subject.Count > 0
            ? $"{string.Join(", ", access.Rules)} to {string.Join(", ", access.Subject)}"
            : string.Join(", ", access.Rules);
        return Display.PrintableLines(grants.Length > 0 ? $"{access.Name}\n  {grants}" : access.Name);
    }
}
