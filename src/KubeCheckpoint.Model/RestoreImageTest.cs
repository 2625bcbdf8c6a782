namespace KubeCheckpoint;

/// <summary>The result of testing an image: what is wrong with it, and which runtimes could restore a container from it.</summary>
public sealed record RestoreImageTest
{
    /// <summary>The image's reference, or its name in a layout.</summary>
    public required string Reference { get; init; }

    /// <summary>Where it is stored: the registry's host, or the path of the layout folder or oci-archive.</summary>
    public required string Destination { get; init; }

    /// <summary>The manifest's digest, or null where no manifest could be read.</summary>
    public string? Digest { get; init; }

    /// <summary>The runtime it was made for, or null where it is not a restore image.</summary>
    public CheckpointEngine? TargetRuntime { get; init; }

    /// <summary>True where there is no finding of severity Error: every digest, size and document that was read is correct.</summary>
    public bool IsWhole => !Findings.Any(finding => finding.Severity == FindingSeverity.Error);

    /// <summary>False where the layers were not read: the verdicts are then based on manifest and config alone.</summary>
    public required bool LayersRead { get; init; }

    /// <summary>Whether CRI-O could restore it.</summary>
    public required RestoreVerdict CriO { get; init; }

    /// <summary>Whether containerd could restore it.</summary>
    public required RestoreVerdict Containerd { get; init; }

    /// <summary>Whether Podman could restore it.</summary>
    public required RestoreVerdict Podman { get; init; }

    /// <summary>What was found.</summary>
    public required IReadOnlyList<RestoreImageFinding> Findings { get; init; }

    /// <summary>The verdict for one runtime.</summary>
    /// <param name="runtime">The runtime.</param>
    public RestoreVerdict For(CheckpointEngine runtime) => runtime switch
    {
        CheckpointEngine.CriO => CriO,
        CheckpointEngine.Containerd => Containerd,
        _ => Podman,
    };

    /// <summary>The reference.</summary>
    public override string ToString() => TerminalText.Line(Reference);
}
