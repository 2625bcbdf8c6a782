using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace KubeCheckpoint.Core.Tests.Support;

/// <summary>A server that records what it receives, down to the lines of the headers, and responds to everything with an empty list of pods.</summary>
/// <param name="certificate">Its certificate. Null: no TLS.</param>
/// <param name="intermediates">The certificates that it sends with its own.</param>
internal sealed class RecordingServer(X509Certificate2? certificate, X509Certificate2Collection? intermediates = null) : LoopbackListener
{
    private const string Body = """{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[]}""";

    /// <summary>The heads of the requests.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>The names that clients sent with TLS (SNI).</summary>
    public ConcurrentQueue<string> ServerNames { get; } = new();

    /// <summary>The subjects of the client certificates.</summary>
    public ConcurrentQueue<string> ClientCertificates { get; } = new();

    /// <summary>The subjects of the intermediate certificates that clients sent with theirs.</summary>
    public ConcurrentQueue<string> ClientIntermediates { get; } = new();

    /// <summary>Responds with this instead.</summary>
    public string? Response { get; set; }

    protected override async Task HandleAsync(Stream connection)
    {
        await using var stream = certificate is null ? connection : await SecureAsync(connection, certificate);
        while (await ReadHeadAsync(stream) is { } head)
        {
            Requests.Enqueue(head);
            var response = Response ?? $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {Body.Length}\r\n\r\n{Body}";
            await stream.WriteAsync(Encoding.UTF8.GetBytes(response), Stopping);
        }
    }

    private async Task<Stream> SecureAsync(Stream connection, X509Certificate2 own)
    {
        var stream = new SslStream(connection);
        await stream.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions
            {
                ServerCertificateContext = SslStreamCertificateContext.Create(own, intermediates, offline: true),
                ClientCertificateRequired = true,
                RemoteCertificateValidationCallback = Record,
            },
            Stopping);
        ServerNames.Enqueue(stream.TargetHostName);
        return stream;
    }

    private bool Record(object sender, X509Certificate? client, X509Chain? chain, SslPolicyErrors errors)
    {
        if (client is not null)
            ClientCertificates.Enqueue(client.Subject);
        foreach (var intermediate in chain?.ChainPolicy.ExtraStore ?? [])
            ClientIntermediates.Enqueue(intermediate.Subject);
        return !Stopping.IsCancellationRequested;
    }
}
