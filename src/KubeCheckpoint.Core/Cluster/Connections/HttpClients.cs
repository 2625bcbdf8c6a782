using KubeCheckpoint.Cluster.Credentials;

namespace KubeCheckpoint.Cluster.Connections;

/// <summary>
/// A client for each client certificate: a connection keeps the certificate that it was opened with. For any thread.
/// </summary>
/// <param name="createHandler">Creates what opens connections with a client certificate, or without one.</param>
internal sealed class HttpClients(Func<ClientCertificate?, HttpMessageHandler> createHandler) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<(ClientCertificate? Certificate, HttpMessageInvoker Client)> _clients = [];

    public HttpMessageInvoker this[ClientCertificate? certificate]
    {
        get
        {
            lock (_lock)
            {
                foreach (var (known, client) in _clients)
                {
                    if (known == certificate)
                        return client;
                }

                var added = new HttpMessageInvoker(createHandler(certificate));
                _clients.Add((certificate, added));
                return added;
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var (_, client) in _clients)
                client.Dispose();
            _clients.Clear();
        }
    }
}
