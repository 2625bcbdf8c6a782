using System.Security.Authentication;

namespace KubeCheckpoint.Cluster.Sockets;

/// <summary>The certificate of a server is not trusted.</summary>
internal sealed class ServerCertificateException(string problem, Exception inner) : AuthenticationException(problem, inner);
