namespace KubeCheckpoint.Formatting;

/// <summary>Preflights as the views show them. Called by the files of Views.</summary>
public static class SupportDisplay
{
    /// <summary>Yes, no, or a question mark.</summary>
    /// <param name="answer">The answer; null where it is not known.</param>
    public static string Answer(bool? answer) => answer switch
    {
        true => "yes",
        false => "no",
        _ => "?",
    };

    /// <summary>The names of the checks that failed, and of those without which the answer is not known.</summary>
    /// <param name="checks">The checks.</param>
    public static string Because(IReadOnlyList<SupportCheck> checks)
    {
        var failed = checks.Where(check => check.Outcome == SupportOutcome.Failed).Select(check => check.Name);
        var undecided = checks.Where(check => check.Outcome == SupportOutcome.Unknown && check.IsDecisive).Select(check => check.Name + "?");
        return string.Join(", ", failed.Concat(undecided).Distinct());
    }

    /// <summary>The heading under which a check stands: its node, and its archive where it is of one.</summary>
    /// <param name="check">The check.</param>
    public static string Group(SupportCheck check) =>
        Display.Printable(check.ArchivePath is null ? check.NodeName : $"{check.NodeName}   ARCHIVE: {Path.GetFileName(check.ArchivePath)}")!;

    /// <summary>What a check matters for, in a word or in letters.</summary>
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

    /// <summary>The rights a role gives, or whom a binding gives them to.</summary>
    /// <param name="access">The object.</param>
    public static string? Gives(CheckpointAccess access) => Display.Printable(access.Subject.Count > 0
        ? $"{string.Join(", ", access.Rules)} to {string.Join(", ", access.Subject)}"
        : string.Join(", ", access.Rules));
}
