using System.Net;
using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Connections;

namespace KubeCheckpoint.Cluster.Pods;

/// <summary>
/// A pod that is made here and may have to go again. Only the very pod that was made is deleted, never another of its name; and one whose
/// creation was under way when the work was cancelled is waited for, a moment.
/// </summary>
internal sealed class OwnPod(ApiServer server, string ns)
{
    /// <summary>How long a deletion waits for a creation that is under way, so that it does not miss the pod.</summary>
    private static readonly TimeSpan CreationLimit = TimeSpan.FromMilliseconds(400);

    private static readonly TimeSpan DeletionLimit = TimeSpan.FromSeconds(15);

    /// <summary>Ctrl+C is to end within a second, also where the server hangs.</summary>
    private static readonly TimeSpan CancelledLimit = TimeSpan.FromMilliseconds(700);

    /// <summary>What a namespace says that was made just now: its service account follows a moment later.</summary>
    private const string TooEarly = "serviceaccount \"default\" not found";

    private const int Tries = 10;
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(500);

    private Task<ServerResponse>? _creation;
    private string? _name;

    /// <summary>Asks for the pod. What an answer means is for the caller to say.</summary>
    public async Task<ServerResponse> CreateAsync(JsonObject manifest, CancellationToken cancellationToken)
    {
        _name = (string)manifest["metadata"]!["name"]!;
        for (var attempt = 1; ; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();

            // Not cancelled with the rest: a pod that the server makes must be known here, to be deleted.
            _creation = server.SendAsync(HttpMethod.Post, PodApi.PathOf(ns), CancellationToken.None, manifest.ToJsonString());
            var response = await _creation.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (response.IsSuccess || attempt == Tries || !response.Message.Contains(TooEarly, StringComparison.Ordinal))
                return response;
            await Task.Delay(Between, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Deletes the pod at once, with patience for a server under load: a pod that is left stays for ever. Once the work has been cancelled
    /// there is less than a second. Never throws.
    /// </summary>
    /// <param name="work">What was done with the pod.</param>
    public async Task DeleteAfterAsync(CancellationToken work)
    {
        using var limit = new CancellationTokenSource(DeletionLimit);
        await using var hurry = work.Register(() => limit.CancelAfter(CancelledLimit)).ConfigureAwait(false);
        await DeleteAsync(limit.Token).ConfigureAwait(false);
    }

    /// <summary>Deletes the pod at once. Says why it may still be there, or null. Never throws.</summary>
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
            var deletion = await server.SendAsync(HttpMethod.Delete, PodApi.PathOf(ns, _name), cancellationToken, options.ToJsonString())
                .ConfigureAwait(false);
            return deletion.IsSuccess || deletion.Status is HttpStatusCode.NotFound or HttpStatusCode.Conflict ? null : deletion.Message;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return exception.Message;
        }
    }
}
