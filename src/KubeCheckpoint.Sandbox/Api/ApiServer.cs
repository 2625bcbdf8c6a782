using KubeCheckpoint.Sandbox.Kubelet;
using KubeCheckpoint.Sandbox.State;
using Microsoft.AspNetCore.Http;

namespace KubeCheckpoint.Sandbox.Api;

/// <summary>The API server: authenticates, authorizes, and passes requests to the handler of the resource.</summary>
internal sealed class ApiServer(ClusterState state, PodLifecycle lifecycle) : IDisposable
{
    private readonly ObjectReader _reader = new(state);
    private readonly ObjectWatcher _watcher = new(state);
    private readonly PodCreation _creation = new(state, lifecycle);
    private readonly PodDeletion _deletion = new(state, lifecycle);
    private readonly PodLog _log = new(state);
    private readonly PodExec _exec = new(state, lifecycle);
    private readonly NamespaceCreation _namespaces = new(state);
    private readonly NodeProxy _proxy = new(state);
    private readonly ContentObjects _content = new(state);
    private readonly AccessObjects _access = new(state);
    private readonly PodPatch _patch = new(state);
    private readonly PodStatusPatch _statusPatch = new(state);
    private readonly PodPorts _ports = new(state);
    private readonly NamespaceDeletion _namespaceDeletion = new(state, lifecycle);

    public async Task HandleAsync(HttpContext http)
    {
        ApiResponse.Prepare(http);
        if (state.Users.Identify(http) is not { } caller)
        {
            await ApiResponse.UnauthorizedAsync(http);
            return;
        }
        if (await Impersonation.ApplyAsync(http, caller, state) is not { } user)
            return;
        if (ApiRequest.Parse(http, user) is not { } request)
        {
            await NonResource.HandleAsync(http, user, state);
            return;
        }
        if (!state.Authorizer.Admit(user, request.Access))
        {
            await ApiResponse.ForbiddenAsync(http, user, request.Access);
            return;
        }
        await DispatchAsync(request);
    }

    public void Dispose() => _proxy.Dispose();

    private Task DispatchAsync(ApiRequest request) => (request.Resource, request.Subresource, request.Verb) switch
    {
        _ when ContentObjects.Knows(request) => _content.HandleAsync(request),
        _ when request.Group.Length > 0 => _access.HandleAsync(request),
        ("pods", "", "patch") => _patch.HandleAsync(request),
        ("pods", "status", "patch") => _statusPatch.HandleAsync(request),
        ("pods", "proxy", _) => _ports.ProxyAsync(request),
        ("pods", "portforward", _) => _ports.ForwardAsync(request),
        ("namespaces", "", "delete") => _namespaceDeletion.HandleAsync(request),
        ("nodes", "proxy", _) => _proxy.HandleAsync(request),
        ("pods", "exec", _) => _exec.HandleAsync(request),
        ("pods", "log", "get") => _log.HandleAsync(request),
        ("pods", "", "create") => _creation.HandleAsync(request),
        ("pods", "", "delete") => _deletion.HandleAsync(request),
        ("namespaces", "", "create") => _namespaces.HandleAsync(request),
        ("pods" or "events" or "namespaces" or "nodes", "", "get") => _reader.GetAsync(request),
        ("pods" or "events" or "namespaces" or "nodes", "", "list") => _reader.ListAsync(request),
        ("pods" or "events" or "namespaces" or "nodes", "", "watch") => _watcher.HandleAsync(request),
        ("pods" or "events" or "namespaces" or "nodes", "", _) => ApiResponse.StatusAsync(
            request.Http,
            StatusCodes.Status405MethodNotAllowed,
            "MethodNotAllowed",
            "the server does not allow this method on the requested resource",
            []),
        _ => ApiResponse.NoSuchResourceAsync(request.Http),
    };
}
