using System.Security.Cryptography.X509Certificates;
using KubeCheckpoint.Cluster.Credentials;

namespace KubeCheckpoint.Cluster.Sockets;

/// <summary>Opens TLS over connections to one server.</summary>
/// <param name="trust">Which certificates of the server are trusted.</param>
/// <param name="certificate">The client certificate, or null.</param>
internal sealed class TlsClient(ServerCertificates trust, ClientCertificate? certificate)
{
    // The intermediate certificates of the server, once a connection without the client certificate has shown that it is the right one.
    private volatile X509Certificate2Collection? _intermediates;

    /// <summary>Opens TLS over a connection.</summary>
    /// <param name="open">Opens a connection.</param>
    /// <param name="name">The name of the server: the one sent to it, and the one that its certificate must be valid for.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="ServerCertificateException">The certificate is not trusted.</exception>
    public async Task<Stream> ConnectAsync(Func<CancellationToken, Task<Stream>> open, string name, CancellationToken cancellationToken)
    {
        var first = new TlsHandshake(trust, certificate, name, _intermediates);
        var stream = await first.DoAsync(await open(cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        if (!first.HasWithheldCertificate)
            return stream;
        _intermediates = first.Intermediates;
        await stream.DisposeAsync().ConfigureAwait(false);
        var second = new TlsHandshake(trust, certificate, name, first.Intermediates);
        return await second.DoAsync(await open(cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
    }
}
