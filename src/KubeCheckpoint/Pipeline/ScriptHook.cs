using System.Management.Automation;
using KubeCheckpoint.Cluster.Moves;

namespace KubeCheckpoint.Pipeline;

/// <summary>A script block that gets the pod as $_ and as its argument, and must not fail. It runs on the pipeline thread.</summary>
internal sealed class ScriptHook(PipelineOutput output, ScriptBlock script) : IMoveHook
{
    private readonly ScriptPodProbe _script = new(output, script);

    public string Target => _script.Target;

    public bool RunsWhenStopped => false;

    public async Task<string?> RunAsync(Pod pod, CancellationToken cancellationToken) =>
        await _script.ProbeAsync(pod, cancellationToken) is { Succeeded: false, Detail: var detail } ? detail : null;
}
