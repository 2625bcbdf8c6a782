using System.Net;
using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Http;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Pods;

/// <summary>
/// A pod that the module creates and may have to delete again. It deletes only the pod it created, never another with the same name, and
/// waits a moment for a creation that was in progress when the operation was cancelled.
/// </summary>
internal sealed class OwnPod(ApiServer server, string ns)
{
    /// <summary>How long a deletion waits for a creation in progress, so that it does not miss the pod.</summary>
    private static readonly TimeSpan CreationLimit = TimeSpan.FromMilliseconds(400);

    private static readonly TimeSpan DeletionLimit = TimeSpan.FromSeconds(15);

    /// <summary>The message for a namespace created just now, whose service account follows a moment later.</summary>
    private const string NoServiceAccountYet = "serviceaccount \"default\" not found";

    private const int Tries = 10;
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(500);

    private Task<ServerResponse>? _creation;
    private string? _name;

    /// <summary>Creates the pod. The caller interprets the response.</summary>
    public async Task<ServerResponse> CreateAsync(JsonObject manifest, CancellationToken cancellationToken)
    {
        _name = (string)manifest["metadata"]!["name"]!;
        for (var attempt = 1; ; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();

            _creation = server.CreateAsync(PodApi.PathOf(ns), _name, manifest.ToJsonString(), cancellationToken);
            var response = await _creation.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (response.IsSuccess || attempt == Tries || !response.Message.Contains(NoServiceAccountYet, StringComparison.Ordinal))
                return response;
            await Task.Delay(Between, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Deletes the pod immediately, with time for a server under load, because a pod that is left stays forever. Once the operation is
    /// cancelled, it takes less than a second. Never throws.
    /// </summary>
    /// <param name="work">The cancellation token of the operation that used the pod.</param>
    public async Task DeleteAfterAsync(CancellationToken work)
    {
        using var limit = new CancellationTokenSource(DeletionLimit);
        await using var hurry = work.Register(() => limit.CancelAfter(CleanupLimit.Cancelled)).ConfigureAwait(false);
        await DeleteAsync(limit.Token).ConfigureAwait(false);
    }

    /// <summary>Deletes the pod immediately. Returns why it may still exist, or null. Never throws.</summary>
    public async Task<string?> DeleteAsync(CancellationToken cancellationToken)
    {
        if (_creation is not { } creation)
            return null;
        try
        {
            var response = await creation.WaitAsync(CreationLimit, cancellationToken).ConfigureAwait(false);
            if (!response.IsSuccess)
                return null;
            using var made = response.ToJson();
            var options = new JsonObject
            {
                ["gracePeriodSeconds"] = 0,
                ["preconditions"] = new JsonObject { ["uid"] = made.RootElement.Text("metadata", "uid") },
            };
            var deletion = await server.SendAsync(HttpMethod.Delete, PodApi.PathOf(ns, _name), cancellationToken, options.ToJsonString(), Repeat.Always)
                .ConfigureAwait(false);
            return deletion.IsSuccess || deletion.Status is HttpStatusCode.NotFound or HttpStatusCode.Conflict ? null : deletion.Message;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return exception.Message;
        }
    }
}
