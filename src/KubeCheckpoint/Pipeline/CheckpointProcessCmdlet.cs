using System.Management.Automation;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Parameters;

namespace KubeCheckpoint.Pipeline;

/// <summary>A cmdlet that asks the content of checkpoint archives process by process.</summary>
public abstract class CheckpointProcessCmdlet : CheckpointContentCmdlet
{
    /// <summary>Only the processes of these ids, as the container counts them.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("ProcessId", "Pid")]
    [ArgumentCompleter(typeof(ProcessIdCompleter))]
    public int[]? Id { get; set; }

    /// <summary>Only the processes of these names (comm, at most 15 characters); wildcards are allowed.</summary>
    [Parameter]
    [Alias("ProcessName")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ProcessNameCompleter))]
    public string[]? Name { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        base.ProcessRecord();
        // The work asks for the filter when it begins, and the next object of the pipeline brings another id.
        Finish();
    }

    /// <summary>What <see cref="Id"/> and <see cref="Name"/> leave.</summary>
    private protected ProcessFilter Filter() => ProcessFilters.From(Id, Name);
}
