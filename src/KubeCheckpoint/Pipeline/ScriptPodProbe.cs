using System.Management.Automation;
using KubeCheckpoint.Cluster.Probes;

namespace KubeCheckpoint.Pipeline;

/// <summary>
/// A script block that gets the pod as $_ and as its argument. Good is that it does not fail, and that what it writes, if anything, is true.
/// </summary>
internal sealed class ScriptPodProbe(PipelineOutput output, ScriptBlock script) : IPodProbe
{
    private const int LongestTarget = 60;

    public PodProbeKind Kind => PodProbeKind.Script;

    public string Target { get; } = Shorten(string.Join(' ', script.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));

    // Script blocks run on the pipeline thread, one at a time.
    public Task<ProbeResponse> ProbeAsync(Pod pod, CancellationToken cancellationToken) => output.InvokeAsync(_ => Ask(pod)).WaitAsync(cancellationToken);

    private ProbeResponse Ask(Pod pod)
    {
        try
        {
            var written = script.InvokeWithContext(null, [new PSVariable("_", pod)], pod);
            return written.Count == 0 || LanguagePrimitives.IsTrue(written[^1])
                ? new ProbeResponse(true, "ok")
                : new ProbeResponse(false, $"it wrote {Shorten(written[^1]?.ToString() ?? "$null")}");
        }
        catch (RuntimeException exception) when (exception is not PipelineStoppedException)
        {
            return new ProbeResponse(false, Shorten(exception.Message));
        }
    }

    private static string Shorten(string text) => text.Length <= LongestTarget ? text : string.Concat(text.AsSpan(0, LongestTarget), "...");
}
