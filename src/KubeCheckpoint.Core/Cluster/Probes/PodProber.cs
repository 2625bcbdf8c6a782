using System.Diagnostics;

namespace KubeCheckpoint.Cluster.Probes;

/// <summary>Runs the probes of a pod one after another, each repeatedly until it succeeds or times out.</summary>
/// <param name="probes">The probes.</param>
/// <param name="timeout">How long each may take.</param>
public sealed class PodProber(IReadOnlyList<IPodProbe> probes, TimeSpan timeout)
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1);

    /// <summary>Runs them all.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="progress">Receives the current probe.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public async Task<IReadOnlyList<PodProbeResult>> RunAsync(Pod pod, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        var results = new List<PodProbeResult>();
        foreach (var probe in probes)
        {
            progress?.Report(new($"Probing {pod}", $"{probe.Kind} {probe.Target}", 0, null));
            results.Add(await AskAsync(probe, pod, cancellationToken).ConfigureAwait(false));
        }

        return results;
    }

    private async Task<PodProbeResult> AskAsync(IPodProbe probe, Pod pod, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        var answer = new ProbeResponse(false, $"no response within {timeout.TotalSeconds:0} s");
        var attempts = 0;
        try
        {
            while (true)
            {
                attempts++;
                answer = await probe.ProbeAsync(pod, limit.Token).ConfigureAwait(false);
                if (answer.Succeeded)
                    break;
                await Task.Delay(Between, limit.Token).ConfigureAwait(false);
            }
        }
        catch (KubeCheckpointException failure)
        {
            answer = new(false, failure.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The last response counts, or that there was none.
        }

        return new()
        {
            Kind = probe.Kind,
            Target = probe.Target,
            Succeeded = answer.Succeeded,
            Attempts = attempts,
            Duration = watch.Elapsed,
            Detail = answer.Detail,
        };
    }
}
