namespace KubeCheckpoint.Sandbox;

/// <summary>A request that one of the sandbox's servers received.</summary>
/// <param name="Server">The server that received it.</param>
/// <param name="Node">The node's name if the server is a kubelet, otherwise empty.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">The path with the query, as sent.</param>
/// <param name="User">The authenticated user: <c>system:anonymous</c> without credentials, empty if they are not valid.</param>
/// <param name="ImpersonatedUser">The user that the request is made as (<c>Impersonate-User</c>), or empty.</param>
public sealed record SandboxRequest(SandboxServer Server, string Node, string Method, string Path, string User, string ImpersonatedUser = "");
