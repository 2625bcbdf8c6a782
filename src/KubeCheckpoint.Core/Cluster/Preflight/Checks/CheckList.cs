namespace KubeCheckpoint.Cluster.Preflight.Checks;

/// <summary>Collects the checks of a node, or of an archive on a node.</summary>
internal sealed class CheckList(string nodeName, string? archivePath = null)
{
    private readonly List<SupportCheck> _checks = [];

    public IReadOnlyList<SupportCheck> Checks => _checks;

    public void Passed(string name, SupportScope scope, string detail) => Add(name, scope, SupportOutcome.Passed, detail, null);

    public void Skipped(string name, SupportScope scope, string detail, string? remedy = null) =>
        Add(name, scope, SupportOutcome.Skipped, detail, remedy);

    public void Warning(string name, SupportScope scope, string detail, string? remedy) =>
        Add(name, scope, SupportOutcome.Warning, detail, remedy);

    public void Failed(string name, SupportScope scope, string detail, string? remedy) =>
        Add(name, scope, SupportOutcome.Failed, detail, remedy);

    public void Unknown(string name, SupportScope scope, string detail, string? remedy = null) =>
        Add(name, scope, SupportOutcome.Unknown, detail, remedy);

    /// <summary>Adds a check that could not be made and without which there is no verdict.</summary>
    public void Undecided(string name, SupportScope scope, string detail, string? remedy = null) =>
        Add(name, scope, SupportOutcome.Unknown, detail, remedy, isDecisive: true);

    /// <summary>Appends the checks of another list.</summary>
    public void AddAll(CheckList others) => _checks.AddRange(others._checks);

    public bool HasPassed(string name) => _checks.Exists(check => check.Name == name && check.Outcome == SupportOutcome.Passed);

    /// <summary>False if a check failed, null if a decisive one is unknown, otherwise true.</summary>
    public bool? Verdict(SupportScope scope)
    {
        var asked = _checks.Where(check => check.Scope.HasFlag(scope)).ToList();
        if (asked.Exists(check => check.Outcome == SupportOutcome.Failed))
            return false;
        return asked.Exists(check => check.Outcome == SupportOutcome.Unknown && check.IsDecisive) ? null : true;
    }

    private void Add(string name, SupportScope scope, SupportOutcome outcome, string detail, string? remedy, bool isDecisive = false) =>
        _checks.Add(new()
        {
            NodeName = nodeName,
            ArchivePath = archivePath,
            Name = name,
            Scope = scope,
            Outcome = outcome,
            Detail = detail,
            Remedy = remedy,
            IsDecisive = isDecisive,
        });
}
