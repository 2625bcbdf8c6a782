using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Checks;

/// <summary>Collects the findings about one image: each finding once, and no more than a limit.</summary>
internal sealed class ImageReport(string reference)
{
    // A hostile layer can cause half a million findings.
    private const int Most = 1000;

    private readonly List<RestoreImageFinding> _findings = [];
    private readonly HashSet<RestoreImageFinding> _known = [];

    public IReadOnlyList<RestoreImageFinding> Findings => _findings;

    public void Add(FindingSeverity severity, string check, string part, string? member, string message)
    {
        var finding = new RestoreImageFinding { Reference = reference, Severity = severity, Check = check, Part = part, Member = member, Message = message };
        if ((severity == FindingSeverity.Error || _findings.Count < Most) && _known.Count < 2 * Most && _known.Add(finding))
            _findings.Add(finding);
    }

    public void Error(string check, string part, string message) => Add(FindingSeverity.Error, check, part, null, message);

    public void Warning(string check, string part, string message) => Add(FindingSeverity.Warning, check, part, null, message);

    /// <summary>Whether a failure is the fault of the image, and so a finding; failures to reach it are not.</summary>
    public static bool IsOfImage(KubeCheckpointException failure) => failure.ErrorId is nameof(ImageFailure.ImageDocumentInvalid)
        or nameof(ImageFailure.ImageBlobMissing) or nameof(ImageFailure.DigestMismatch) or nameof(ImageFailure.ContainerdCheckpointImage);
}
