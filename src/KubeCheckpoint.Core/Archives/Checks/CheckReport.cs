using KubeCheckpoint.Archives.Contents;

namespace KubeCheckpoint.Archives.Checks;

/// <summary>Collects the findings of the checks of one archive, without duplicates.</summary>
internal sealed class CheckReport(string archivePath)
{
    private readonly List<CheckpointArchiveFinding> _findings = [];
    private readonly HashSet<CheckpointArchiveFinding> _known = [];

    public IReadOnlyList<CheckpointArchiveFinding> Findings => _findings;

    /// <summary>The folder of the CRIU images.</summary>
    public string ImageFolder { get; set; } = ImageFolders.Default;

    public void Add(FindingSeverity severity, string check, string? member, string message)
    {
        var finding = new CheckpointArchiveFinding { ArchivePath = archivePath, Severity = severity, Check = check, Member = member, Message = message };
        if (_known.Add(finding))
            _findings.Add(finding);
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
        }
    }

    /// <summary>Reports a reference to something that does not exist.</summary>
    public void Dangling(string member, string message) => Error("DanglingReference", member, message);

    /// <summary>The member that holds, or would hold, the CRIU image of a name.</summary>
    public string Image(string name) => ImageFolder + name;
}
