using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Budgets;

namespace KubeCheckpoint.Archives.Checks;

/// <summary>Collects the findings of the checks of one archive, without duplicates.</summary>
internal sealed class CheckReport(string archivePath)
{
    // Nobody reads more, and an archive may give a reason for one with every member.
    private const int MostFindings = 10_000;

    private readonly List<CheckpointArchiveFinding> _findings = [];
    private readonly HashSet<CheckpointArchiveFinding> _known = [];

    public IReadOnlyList<CheckpointArchiveFinding> Findings => _findings;

    /// <summary>The folder of the CRIU images.</summary>
    public string ImageFolder { get; set; } = ImageFolders.Default;

    /// <summary>How many errors there are.</summary>
    public int Errors { get; private set; }

    /// <summary>How many warnings there are.</summary>
    public int Warnings { get; private set; }

    /// <summary>How many findings are not in the list, because it is full.</summary>
    public int Omitted { get; private set; }

    public void Add(FindingSeverity severity, string check, string? member, string message)
    {
        if (_findings.Count >= MostFindings)
        {
            Omitted++;
            Count(severity);
            return;
        }
        var finding = new CheckpointArchiveFinding { ArchivePath = archivePath, Severity = severity, Check = check, Member = member, Message = message };
        if (!_known.Add(finding))
            return;
        _findings.Add(finding);
        Count(severity);
    }

    /// <summary>Adds the last finding, also to a full list.</summary>
    public void Summarize(string message) =>
        _findings.Add(new CheckpointArchiveFinding { ArchivePath = archivePath, Severity = FindingSeverity.Information, Check = "Summary", Message = message });

    private void Count(FindingSeverity severity)
    {
        Errors += severity == FindingSeverity.Error ? 1 : 0;
        Warnings += severity == FindingSeverity.Warning ? 1 : 0;
    }

    public void Error(string check, string? member, string message) => Add(FindingSeverity.Error, check, member, message);

    public void Warning(string check, string? member, string message) => Add(FindingSeverity.Warning, check, member, message);

    /// <summary>Runs a part of a check. A failure becomes a finding, and the check continues.</summary>
    public void Try(string? member, Action check)
    {
        try
        {
            check();
        }
        catch (KubeCheckpointException failure)
        {
            Error(failure.ErrorId, member, failure.Message);
            BudgetFailure.FreeMemory(failure);
        }
    }

    /// <summary>Reports a reference to something that does not exist.</summary>
    public void Dangling(string member, string message) => Error("DanglingReference", member, message);

    /// <summary>The member that holds, or would hold, the CRIU image of a name.</summary>
    public string Image(string name) => ImageFolder + name;
}
