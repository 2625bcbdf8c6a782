using System.Net;
using System.Text.Json;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Http;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Pods;

/// <summary>
/// Follows one pod: reads it, then watches it. If the watch ends, breaks or stays silent, the pod is read again; if watching is forbidden,
/// the pod is read every second.
/// </summary>
internal sealed class PodWatcher(PodApi api, ClusterTarget target, string ns, string name) : IDisposable
{
    /// <summary>A pod without changes and a dead connection look alike; after this time the pod is read again.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan BetweenReads = TimeSpan.FromSeconds(1);

    /// <summary>The largest event, in bytes: more than twice what etcd stores of an object.</summary>
    private const int LongestEvent = 4 * 1024 * 1024;

    private HttpResponseMessage? _response;
    private LineReader? _events;
    private bool _hasRead;
    private bool _mayWatch = true;

    /// <summary>Returns the pod: at the first call as it is, then after each change or after a while; null once it is deleted.</summary>
    public async Task<Pod?> NextAsync(CancellationToken cancellationToken)
    {
        if (_events is not null)
        {
            var (isAlive, pod) = await ReadEventAsync(cancellationToken).ConfigureAwait(false);
            if (isAlive)
                return pod;
            Close();
        }

        if (_hasRead)
            await Task.Delay(BetweenReads, cancellationToken).ConfigureAwait(false);
        _hasRead = true;
        var current = await api.FindAsync(ns, name, cancellationToken).ConfigureAwait(false);
        if (current is not null && _mayWatch)
            await TryWatchAsync(current, cancellationToken).ConfigureAwait(false);
        return current;
    }

    public void Dispose() => Close();

    private async Task TryWatchAsync(Pod current, CancellationToken cancellationToken)
    {
        var path = $"{PodApi.PathOf(ns)}?watch=1&fieldSelector=metadata.name%3D{name}&resourceVersion={current.ResourceVersion}";
        var connection = api.Server.Connection;
        try
        {
            var call = connection.NewCall(HttpMethod.Get, path, ServerConnection.SmallRequest);
            _response = await connection.BeginAsync(call, Repeat.Never, cancellationToken).ConfigureAwait(false);
            if (_response.IsSuccessStatusCode)
            {
                _events = new(await _response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), LongestEvent);
                return;
            }

            _mayWatch = _response.StatusCode is not (HttpStatusCode.Forbidden or HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotFound);
            Close();
        }
        catch (Exception exception) when (exception is KubeCheckpointException or IOException or HttpRequestException)
        {
            Close();
        }
    }

    private async Task<(bool IsAlive, Pod? Pod)> ReadEventAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var longest = api.Server.Connection.Timings.LongestDeadline;
        limit.CancelAfter(Silence < longest ? Silence : longest);
        try
        {
            while (await _events!.ReadAsync(limit.Token).ConfigureAwait(false) is { } line)
            {
                using var json = StrictJson.Parse(line);
                var change = json.RootElement.Text("type");
                if (change == "DELETED")
                    return (true, null);
                if (change is "ADDED" or "MODIFIED")
                    return (true, PodReader.Read(json.RootElement.At("object"), target));
                if (change != "BOOKMARK")
                    break;
            }
        }
        catch (Exception exception) when (IsEnd(exception) && !cancellationToken.IsCancellationRequested)
        {
            // The pod is read again, whatever ended the watch.
        }

        return (false, null);
    }

    private static bool IsEnd(Exception exception) =>
        exception is OperationCanceledException or IOException or InvalidDataException or HttpRequestException or JsonException;

    private void Close()
    {
        _events?.Dispose();
        _events = null;
        _response?.Dispose();
        _response = null;
    }
}
