namespace KubeCheckpoint.Http;

/// <summary>Tells whoever waits for an operation that a request is repeated, and why. For -Verbose.</summary>
public static class RequestNotices
{
    private static readonly AsyncLocal<Action<string>?> Receiver = new();

    /// <summary>Has the notices of the operations that the current asynchronous method begins from now on sent to a receiver.</summary>
    /// <param name="receive">Receives one notice; from any thread, and must not throw.</param>
    public static void SendTo(Action<string> receive) => Receiver.Value = receive;

    internal static void Report(string notice) => Receiver.Value?.Invoke(notice);
}
