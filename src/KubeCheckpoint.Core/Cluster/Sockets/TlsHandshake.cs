using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using KubeCheckpoint.Cluster.Credentials;

namespace KubeCheckpoint.Cluster.Sockets;

/// <summary>
/// One TLS handshake. <see cref="SslStream"/> checks the server's certificate after it has sent the client's, so this checks it before, when the
/// server asks for the client's. Intermediate certificates are known only after the handshake: where the check needs them, or where the client
/// certificate has some itself, none is sent, and the next handshake uses what this one has learned.
/// </summary>
/// <param name="trust">Which certificates of the server are trusted.</param>
/// <param name="certificate">The client certificate, or null.</param>
/// <param name="name">The name of the server.</param>
/// <param name="known">The intermediate certificates of a server that was found to be the right one, or null.</param>
internal sealed class TlsHandshake(ServerCertificates trust, ClientCertificate? certificate, string name, X509Certificate2Collection? known)
{
    private string? _problem;

    /// <summary>Whether the server, which has turned out to be the right one, asked for the client certificate in vain.</summary>
    public bool HasWithheldCertificate { get; private set; }

    public X509Certificate2Collection Intermediates { get; } = [];

    public async Task<Stream> DoAsync(Stream connection, CancellationToken cancellationToken)
    {
        var stream = new SslStream(connection);
        try
        {
            await stream.AuthenticateAsClientAsync(Options(), cancellationToken).ConfigureAwait(false);
            return stream;
        }
        catch (Exception exception)
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            if (exception is not (AuthenticationException or IOException))
                throw;
            throw _problem is null
                ? new AuthenticationException($"TLS cannot be negotiated: {exception.GetBaseException().Message}")
                : new ServerCertificateException(_problem, exception);
        }
    }

    private SslClientAuthenticationOptions Options()
    {
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = name,
            RemoteCertificateValidationCallback = CheckServer,

            // A resumed session keeps the client certificate of the first, or its absence.
            AllowTlsResume = certificate is null,
        };
        if (certificate is not null && known is not null && certificate.HasIntermediates)
            options.ClientCertificateContext = certificate.Context;
        else if (certificate is not null)
            options.LocalCertificateSelectionCallback = SelectCertificate!;
        return options;
    }

    private bool CheckServer(object sender, X509Certificate? server, X509Chain? chain, SslPolicyErrors errors)
    {
        foreach (var sent in chain?.ChainPolicy.ExtraStore ?? [])
            Intermediates.Add(X509CertificateLoader.LoadCertificate(sent.RawDataMemory.Span));
        _problem = server is X509Certificate2 found ? trust.FindProblem(found, Intermediates, name) : trust.AcceptAny ? null : "the server has sent none.";
        return _problem is null;
    }

    private X509Certificate2? SelectCertificate(object sender, string host, X509CertificateCollection local, X509Certificate? server, string[] issuers)
    {
        // Without the server's certificate, the server has not asked yet.
        if (server is not X509Certificate2 found)
            return null;
        HasWithheldCertificate = certificate!.HasIntermediates || trust.FindProblem(found, known ?? [], name) is not null;
        return HasWithheldCertificate ? null : certificate.Context.TargetCertificate;
    }
}
