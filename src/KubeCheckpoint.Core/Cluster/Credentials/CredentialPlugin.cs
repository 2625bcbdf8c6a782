using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.KubeConfigs;

namespace KubeCheckpoint.Cluster.Credentials;

/// <summary>
/// A credential plugin. All connections of the process share its credential, which stays in memory until it expires or a server refuses
/// it; the plugin runs once for all that wait for it.
/// </summary>
internal sealed class CredentialPlugin
{
    /// <summary>How long before its end a credential is renewed, so that no request reaches the server after it.</summary>
    private static readonly TimeSpan LongestLeeway = TimeSpan.FromSeconds(10);

    private static readonly ConcurrentDictionary<string, CredentialPlugin> Plugins = new(StringComparer.Ordinal);

    /// <summary>Only one plugin at a time asks the user.</summary>
    private static readonly SemaphoreSlim Terminal = new(1);

    private readonly ExecPluginConfig _config;
    private readonly JsonObject? _cluster;
    private readonly Lock _lock = new();
    private RequestCredential? _credential;
    private DateTimeOffset _validUntil;
    private Run? _run;

    private CredentialPlugin(ExecPluginConfig config, JsonObject? cluster)
    {
        _config = config;
        _cluster = cluster;
    }

    /// <summary>The plugin with this configuration, for this identity of the user.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="cluster">What the plugin is told about the cluster, or null.</param>
    public static CredentialPlugin For(ExecPluginConfig config, JsonObject? cluster)
    {
        // A hash, because arguments and variables may hold secrets.
        var key = JsonSerializer.SerializeToUtf8Bytes(new { config, cluster, Identity = IdentityVariables.Current() });
        return Plugins.GetOrAdd(Convert.ToHexString(SHA256.HashData(key)), _ => new(config, cluster));
    }

    /// <summary>The credential that is kept, or another one from the plugin.</summary>
    /// <param name="refused">A credential that a server has refused, or null.</param>
    /// <param name="interaction">How a plugin may deal with the user.</param>
    /// <param name="cancellationToken">Ends the wait, and the plugin if nobody else waits for it.</param>
    /// <exception cref="KubeCheckpointException">CredentialPluginNotFound, CredentialPluginFailed.</exception>
    public async Task<RequestCredential> GetAsync(RequestCredential? refused, PluginInteraction interaction, CancellationToken cancellationToken)
    {
        Run run;
        lock (_lock)
        {
            if (ReferenceEquals(_credential, refused))
                _credential = null;
            if (_credential is not null && DateTimeOffset.UtcNow < _validUntil)
                return _credential;
            _run ??= new Run(this, interaction);
            run = _run;
            run.Waiting++;
        }

        try
        {
            return await run.Result.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Leave(run);
        }
    }

    private void Leave(Run run)
    {
        lock (_lock)
        {
            run.Waiting--;
            if (run.Waiting > 0)
                return;
            Forget(run);
        }

        run.Stop();
    }

    private void Forget(Run run)
    {
        if (_run == run)
            _run = null;
    }

    private async Task<RequestCredential> RunAsync(Run run, PluginInteraction interaction, CancellationToken cancellationToken)
    {
        try
        {
            var provided = await AskAsync(interaction, cancellationToken).ConfigureAwait(false);
            lock (_lock)
            {
                _credential = provided.Credential;
                _validUntil = provided.Expires is { } expires ? expires - Leeway(expires) : DateTimeOffset.MaxValue;
            }

            return provided.Credential;
        }
        finally
        {
            lock (_lock)
                Forget(run);
        }
    }

    private async Task<ExecCredential> AskAsync(PluginInteraction interaction, CancellationToken cancellationToken)
    {
        var messages = PluginTerminal.OpenMessages(interaction);
        if (!PluginTerminal.IsInteractive(_config, interaction))
            return await AskPluginAsync(isInteractive: false, messages, cancellationToken).ConfigureAwait(false);
        await Terminal.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await AskPluginAsync(isInteractive: true, messages, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Terminal.Release();
        }
    }

    private async Task<ExecCredential> AskPluginAsync(bool isInteractive, Stream messages, CancellationToken cancellationToken)
    {
        var request = ExecCredential.ToRequest(_config, isInteractive, _cluster);
        var output = await new PluginProcess(_config, isInteractive, messages).RunAsync(request, cancellationToken).ConfigureAwait(false);
        return ExecCredential.Parse(_config, output);
    }

    private static TimeSpan Leeway(DateTimeOffset expires)
    {
        var tenth = (expires - DateTimeOffset.UtcNow) / 10;
        return tenth < TimeSpan.Zero ? TimeSpan.Zero : tenth < LongestLeeway ? tenth : LongestLeeway;
    }

    /// <summary>One run of the plugin, with the number of callers that wait for it.</summary>
    private sealed class Run
    {
        public Run(CredentialPlugin plugin, PluginInteraction interaction)
        {
            var stopping = new CancellationTokenSource();
            Stop = stopping.Cancel;
            Result = Task.Run(() => plugin.RunAsync(this, interaction, stopping.Token), CancellationToken.None);
        }

        public Task<RequestCredential> Result { get; }

        public Action Stop { get; }

        public int Waiting { get; set; }
    }
}
