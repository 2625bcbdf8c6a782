using System.Net;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Http;

namespace KubeCheckpoint.Cluster.Volumes;

/// <summary>Sends the content of volumes to the waiting init container of a restored pod.</summary>
/// <param name="cluster">The cluster.</param>
/// <param name="ns">The pod's namespace.</param>
/// <param name="pod">The pod's name.</param>
/// <param name="image">The image of the init container, for messages.</param>
/// <param name="progress">Receives the bytes that are sent.</param>
internal sealed class VolumeSender(ClusterClient cluster, string ns, string pod, string image, IProgress<TransferProgress>? progress)
{
    /// <summary>The disk of the node may be slow to take the last pieces.</summary>
    private static readonly TimeSpan Stall = TimeSpan.FromMinutes(2);

    private readonly PodExec _exec = new(cluster.Server.Connection, ns, pod, VolumeContainer.Name, Refused(ns));

    /// <summary>Sends the volumes, then the mark that lets the containers start.</summary>
    /// <exception cref="KubeCheckpointException">
    /// VolumeNotRestored, VolumeRequiresGnuTar, VolumeExecForbidden, VolumeFileMissing; ClusterUnreachable and the like.
    /// </exception>
    public async Task SendAsync(IReadOnlyList<VolumeToRestore> volumes, CancellationToken cancellationToken)
    {
        var version = await RunAsync("volumes", NodeVolume.VersionScript, cancellationToken).ConfigureAwait(false);
        var isGnuTar = version.Contains("GNU tar", StringComparison.Ordinal);
        for (var index = 0; index < volumes.Count; index++)
        {
            var (volume, cuts) = volumes[index];
            var path = VolumeContainer.PathOf(volume, index);
            if (volume.RequiresGnuTar && !isGnuTar)
                throw VolumeFailure.VolumeRequiresGnuTar($"{ns}/{pod}", volume.Name, image);
            await SendAsync(volume, path, isGnuTar, cancellationToken).ConfigureAwait(false);
            foreach (var (name, size) in cuts)
                await RunAsync(volume.Name, $"truncate -s {size} {ShellWord.Quote($"{path}/{name}")}", cancellationToken).ConfigureAwait(false);
        }

        await RunAsync("volumes", $": > {VolumeContainer.Mark}", cancellationToken).ConfigureAwait(false);
    }

    private async Task SendAsync(CheckpointVolume volume, string path, bool isGnuTar, CancellationToken cancellationToken)
    {
        // What the init containers have put there again goes first. Other containers may use /dev/shm already.
        var clear = volume.Kind == CheckpointVolumeKind.EmptyDir ? " && find . -mindepth 1 -maxdepth 1 -exec rm -rf -- {} +" : "";
        var tar = isGnuTar
            ? "tar --extract --file=- --preserve-permissions --same-owner --numeric-owner --acls --xattrs '--xattrs-include=*'"
            : "$tar -x -p --numeric-owner -f -";
        var script = $"tar=tar; command -v tar >/dev/null 2>&1 || tar='busybox tar'; cd {path}{clear} && head -c {volume.Size} | {tar}";
        var reports = new TransferReports(progress, $"Restoring volume {volume.Name} of {ns}/{pod}");
        var backoff = new Backoff(_exec.Timings);
        while (true)
        {
            try
            {
                using var source = Open(volume);
                using var input = new ByteSourceStream(source, 0, volume.Size);
                var result = await _exec.SendAsync(script, input, Report, Stall, cancellationToken).ConfigureAwait(false);
                if (result.ExitCode == 0)
                    return;
                throw VolumeFailure.VolumeNotRestored($"{ns}/{pod}", volume.Name, result.Errors);
            }
            catch (ExecBrokenException exception)
            {
                var wait = backoff.Next() ?? throw VolumeFailure.VolumeNotRestored($"{ns}/{pod}", volume.Name, exception.Message, exception);
                await backoff.WaitAsync(wait, $"Sending volume {volume.Name} to {ns}/{pod} broke off", cancellationToken).ConfigureAwait(false);
            }
        }

        void Report(long sent)
        {
            if (sent < volume.Size)
                reports.ReportPiece(sent, volume.Size);
            else
                reports.Report(null, sent, volume.Size);
        }
    }

    private static FileByteSource Open(CheckpointVolume volume)
    {
        try
        {
            return FileByteSource.Open(volume.Path);
        }
        catch (KubeCheckpointException failure)
        {
            throw VolumeFailure.VolumeFileMissing(volume.Path, failure);
        }
    }

    private async Task<string> RunAsync(string subject, string script, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(_exec.Timings);
        while (true)
        {
            try
            {
                var (result, output) = await _exec.RunAsync(script, Stall, cancellationToken).ConfigureAwait(false);
                return result.ExitCode == 0 ? output : throw VolumeFailure.VolumeNotRestored($"{ns}/{pod}", subject, result.Errors);
            }
            catch (ExecBrokenException exception)
            {
                var wait = backoff.Next() ?? throw VolumeFailure.VolumeNotRestored($"{ns}/{pod}", subject, exception.Message, exception);
                await backoff.WaitAsync(wait, $"A command in {ns}/{pod} broke off", cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static Func<ServerResponse, Exception> Refused(string ns) => response => response.Status == HttpStatusCode.Forbidden
        ? VolumeFailure.VolumeExecForbidden(ns, response.Explanation, response.ToException())
        : new ExecBrokenException(response.Explanation, response.ToException());
}
