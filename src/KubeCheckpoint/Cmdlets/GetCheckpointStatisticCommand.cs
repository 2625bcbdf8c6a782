using System.Management.Automation;
using KubeCheckpoint.Archives.Statistics;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Gets what CRIU counted while it checkpointed: how long the container stood still, how many pages were looked at and written.</summary>
/// <remarks>
/// <para>The numbers are those of stats-dump in the archive, and of stats-restore where there is one. Times are TimeSpans, pages are also given
/// in bytes by the page size of the machine the archive comes from.</para>
/// </remarks>
/// <example>
/// <code>Get-CheckpointStatistic ./cp/web.tar</code>
/// <para>Shows how long the container stood still.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointArchive ./cp | Get-CheckpointStatistic | Measure-Object FrozenTime -Maximum</code>
/// <para>Finds the longest standstill of the checkpoints of a folder.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "CheckpointStatistic", DefaultParameterSetName = PathSet)]
[OutputType(typeof(CheckpointStatistic))]
public sealed class GetCheckpointStatisticCommand : CheckpointContentCmdlet
{
    private protected override async Task ReadAsync(string path, CancellationToken cancellationToken)
    {
        foreach (var statistic in StatisticReader.Read(path, cancellationToken))
            await Output.WriteObjectAsync(statistic);
    }
}
