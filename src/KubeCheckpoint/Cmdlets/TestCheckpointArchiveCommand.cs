using System.Management.Automation;
using KubeCheckpoint.Archives.Checks;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Tests whether checkpoint archives are whole and agree with themselves.</summary>
/// <remarks>
/// <para>Reads the tar and its compression to the end, all JSON and every CRIU image, and holds against each other what they say:
/// members against the processes of the tree, types against names, counts of pages against pages files, pages against maps,
/// descriptors, folders and maps against open files. Memory pages of a plain tar are counted, not read.</para>
/// <para>Each finding is an object. The last one of an archive is its summary, of severity Information: an archive without any other
/// is whole. Damage is a finding, not an error; only a file that cannot be read at all is an error.</para>
/// </remarks>
/// <example>
/// <code>Test-CheckpointArchive ./cp/web.tar</code>
/// <para>Shows what is wrong with an archive, or that nothing is.</para>
/// </example>
/// <example>
/// <code>Get-ChildItem ./cp/*.tar | Where-Object { -not (Test-CheckpointArchive $_ -Quiet) } | Move-Item -Destination ./broken</code>
/// <para>Puts damaged archives aside.</para>
/// </example>
[Cmdlet(VerbsDiagnostic.Test, "CheckpointArchive", DefaultParameterSetName = PathSet)]
[OutputType(typeof(CheckpointArchiveFinding), typeof(bool))]
public sealed class TestCheckpointArchiveCommand : CheckpointContentCmdlet
{
    /// <summary>Says only $true for an archive without errors, and $false for one with errors or one that cannot be read.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    private protected override async Task ReadAsync(string path, CancellationToken cancellationToken)
    {
        if (Quiet)
        {
            await Output.WriteObjectAsync(IsWhole(path, cancellationToken));
            return;
        }
        foreach (var finding in ArchiveChecker.Check(path, cancellationToken))
            await Output.WriteObjectAsync(finding);
    }

    private static bool IsWhole(string path, CancellationToken cancellationToken)
    {
        try
        {
            return ArchiveChecker.Check(path, cancellationToken).All(finding => finding.Severity != FindingSeverity.Error);
        }
        catch (KubeCheckpointException)
        {
            return false;
        }
    }
}
