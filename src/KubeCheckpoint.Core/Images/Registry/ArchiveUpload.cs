using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Registry;

/// <summary>
/// An archive that is sent to a registry as a blob while it arrives. The blob is closed once the archive is verified; an archive that is not is
/// discarded. An upload that cannot be resumed is tried once more, from the archive's first byte.
/// </summary>
internal sealed class ArchiveUpload(RegistryClient registry) : IArchiveUpload
{
    private CancellationTokenSource _ending = new();
    private TaskCompletionSource<Digest> _verified = new();
    private ArrivingBytes? _bytes;
    private Task _sending = Task.CompletedTask;
    private bool _isSecond;

    public ArrivingBytes? Bytes
    {
        get
        {
            if (_sending.IsFaulted && !MayPass(_sending.Exception))
                _sending.GetAwaiter().GetResult();
            return _sending.IsFaulted ? null : _bytes;
        }
    }

    public async Task BeginAsync(string path, long size)
    {
        if (_bytes?.Length == size && !_sending.IsFaulted)
            return;
        await EndAsync().ConfigureAwait(false);
        _bytes = new(path, size, registry.Sizes.Window);
        _verified = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _sending = SendAsync(_bytes, _verified.Task, _ending.Token);
    }

    public async Task RestartAsync()
    {
        var (path, size) = (_bytes!.Path, _bytes.Length);
        await EndAsync().ConfigureAwait(false);
        await BeginAsync(path, size).ConfigureAwait(false);
    }

    public async Task<bool> CompleteAsync(string sha256, CancellationToken cancellationToken)
    {
        if (!Digest.TryParse($"sha256:{sha256}", out var digest))
            throw new ArgumentException("It is no sha256.", nameof(sha256));
        _verified.TrySetResult(digest);
        await WaitAsync(cancellationToken).ConfigureAwait(false);
        if (_sending.IsFaulted && !_isSecond && MayPass(_sending.Exception))
        {
            _isSecond = true;
            await RestartAsync().ConfigureAwait(false);
            _verified.TrySetResult(digest);
            return false;
        }
        if (!_sending.IsCompleted)
            return false;
        await _sending.ConfigureAwait(false);
        return true;
    }

    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(_sending, _bytes!.RoomAsync(waiting.Token)).ConfigureAwait(false);
        await waiting.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Discards what is not complete, in the registry too. Takes at most half a second.</summary>
    public async ValueTask DisposeAsync()
    {
        await EndAsync().ConfigureAwait(false);
        _ending.Dispose();
    }

    private static bool MayPass(AggregateException? exception) => exception?.InnerException is KubeCheckpointException
    {
        ErrorId: nameof(RegistryFailure.RegistryUnreachable) or nameof(RegistryFailure.RegistryStalled) or nameof(RegistryFailure.RegistryRefused)
            or nameof(RegistryFailure.RegistryProtocolViolation) or nameof(ImageFailure.DigestMismatch),
    };

    private async Task SendAsync(ArrivingBytes bytes, Task<Digest> verified, CancellationToken cancellationToken)
    {
        var push = new RegistryPush(registry, mountFrom: null);
        try
        {
            await push.PushWhileHashingAsync(bytes, verified.WaitAsync, TransferMeter.None, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            bytes.Close();
        }
    }

    private async Task EndAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await _sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
        (_bytes, _sending, _ending) = (null, Task.CompletedTask, new());
    }
}
