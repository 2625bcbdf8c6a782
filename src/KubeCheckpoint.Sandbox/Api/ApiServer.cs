using KubeCheckpoint.Sandbox.Kubelet;
using KubeCheckpoint.Sandbox.State;
using Microsoft.AspNetCore.Http;

namespace KubeCheckpoint.Sandbox.Api;

/// <summary>The API server: authenticates, authorizes, and hands on to the handler of the resource.</summary>
internal sealed class ApiServer(ClusterState state, PodLifecycle lifecycle) : IDisposable
{
    private readonly ObjectReader reader = new(state);
    private readonly ObjectWatcher watcher = new(state);
    private readonly PodCreation creation = new(state, lifecycle);
    private readonly PodDeletion deletion = new(state, lifecycle);
    private readonly PodLog log = new(state);
    private readonly PodExec exec = new(state, lifecycle);
    private readonly NamespaceCreation namespaces = new(state);
    private readonly NodeProxy proxy = new(state);
    private readonly ContentObjects content = new(state);
    private readonly AccessObjects access = new(state);
    private readonly PodPatch patch = new(state);
    private readonly PodPorts ports = new(state);
    private readonly NamespaceDeletion namespaceDeletion = new(state, lifecycle);

    public async Task HandleAsync(HttpContext http)
    {
        ApiAnswer.Prepare(http);
        if (state.Users.Identify(http) is not { } user)
        {
            await ApiAnswer.UnauthorizedAsync(http);
            return;
        }

        if (ApiRequest.Parse(http, user) is not { } request)
        {
            await NonResource.HandleAsync(http, user, state);
            return;
        }

        if (!state.Authorizer.Admit(user, request.Access))
        {
            await ApiAnswer.ForbiddenAsync(http, user, request.Access);
            return;
        }

        await DispatchAsync(request);
    }

    public void Dispose() => proxy.Dispose();

    private Task DispatchAsync(ApiRequest request) => (request.Resource, request.Subresource, request.Verb) switch
    {
        _ when ContentObjects.Knows(request) => content.HandleAsync(request),
        _ when request.Group.Length > 0 => access.HandleAsync(request),
        ("pods", "", "patch") => patch.HandleAsync(request),
        ("pods", "proxy", _) => ports.ProxyAsync(request),
        ("pods", "portforward", _) => ports.ForwardAsync(request),
        ("namespaces", "", "delete") => namespaceDeletion.HandleAsync(request),
        ("nodes", "proxy", _) => proxy.HandleAsync(request),
        ("pods", "exec", _) => exec.HandleAsync(request),
        ("pods", "log", "get") => log.HandleAsync(request),
        ("pods", "", "create") => creation.HandleAsync(request),
        ("pods", "", "delete") => deletion.HandleAsync(request),
        ("namespaces", "", "create") => namespaces.HandleAsync(request),
        ("pods" or "events" or "namespaces" or "nodes", "", "get") => reader.GetAsync(request),
        ("pods" or "events" or "namespaces" or "nodes", "", "list") => reader.ListAsync(request),
        ("pods" or "events" or "namespaces" or "nodes", "", "watch") => watcher.HandleAsync(request),
        ("pods" or "events" or "namespaces" or "nodes", "", _) => ApiAnswer.StatusAsync(
            request.Http,
            StatusCodes.Status405MethodNotAllowed,
            "MethodNotAllowed",
            "the server does not allow this method on the requested resource",
            []),
        _ => ApiAnswer.NoSuchResourceAsync(request.Http),
    };
}
