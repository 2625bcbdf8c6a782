using System.Management.Automation;
using KubeCheckpoint.Archives.Statistics;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Gets CRIU's statistics from checkpoint archives: freeze time, pages scanned and written.</summary>
/// <remarks>
/// <para>Reads stats-dump in the archive, and stats-restore if there is one. Times are TimeSpan values. Pages are also given in bytes,
/// using the page size of the machine that wrote the archive.</para>
/// </remarks>
/// <example>
/// <code>Get-CheckpointStatistic ./cp/web.tar</code>
/// <para>Shows how long the container was frozen.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointArchive ./cp | Get-CheckpointStatistic | Measure-Object FrozenTime -Maximum</code>
/// <para>Finds the longest freeze among the checkpoints in a folder.</para>
/// </example>
/// <seealso cref="InvokeContainerCheckpointCommand"/>
/// <seealso cref="GetCheckpointLogCommand"/>
[Cmdlet(VerbsCommon.Get, "CheckpointStatistic", DefaultParameterSetName = PathSet, HelpUri = HelpPages.Root + "Get-CheckpointStatistic.md")]
[OutputType(typeof(CheckpointStatistic))]
public sealed class GetCheckpointStatisticCommand : CheckpointContentCmdlet
{
    private protected override async Task ReadAsync(string path, CancellationToken cancellationToken)
    {
        foreach (var statistic in StatisticReader.Read(path, cancellationToken))
            await Output.WriteObjectAsync(statistic);
    }
}
