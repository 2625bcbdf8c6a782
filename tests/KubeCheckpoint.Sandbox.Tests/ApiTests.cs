using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Cluster;

namespace KubeCheckpoint.Sandbox.Tests;

public sealed class ApiTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>
{
    private readonly Caller _admin = sandbox.Admin;

    [Fact]
    public async Task Lists_page_through_continue_tokens()
    {
        var names = new List<string>();
        var next = "";
        do
        {
            var page = await _admin.GetAsync($"/api/v1/namespaces/shop/pods?limit=1{next}");
            Assert.Single(page["items"]!.AsArray());
            names.Add(page["items"]![0]!["metadata"]!["name"]!.GetValue<string>());
            next = page["metadata"]!["continue"] is { } token ? $"&continue={Uri.EscapeDataString(token.GetValue<string>())}" : "";
            Assert.Equal(names.Count < 3 ? 3 - names.Count : null, page["metadata"]!["remainingItemCount"]?.GetValue<int>());
        }
        while (next.Length > 0);

        Assert.Equal(["multi", "web-1", "web-2"], names);
    }

    [Theory]
    [InlineData("labelSelector=app%3Dweb", "web-1 web-2")]
    [InlineData("labelSelector=app+in+(web,multi),app!=multi", "web-1 web-2")]
    [InlineData("labelSelector=app+notin+(web)", "badimage crash done multi pending counter")]
    [InlineData("labelSelector=!app", "badimage crash done pending")]
    [InlineData("labelSelector=statefulset.kubernetes.io/pod-name", "web-1 web-2")]
    [InlineData("fieldSelector=spec.nodeName%3Dnode3", "counter")]
    [InlineData("fieldSelector=status.phase%3DSucceeded", "done")]
    [InlineData("fieldSelector=metadata.name%3Dweb-1,metadata.namespace=shop", "web-1")]
    [InlineData("fieldSelector=status.phase!%3DRunning,spec.nodeName!=", "badimage done")]
    public async Task Selectors_filter_lists(string query, string expected)
    {
        var list = await _admin.GetAsync("/api/v1/pods?" + query);
        string[] known = ["web-1", "web-2", "multi", "counter", "done", "crash", "pending", "badimage"];
        var names = list["items"]!.AsArray().Select(pod => pod!["metadata"]!["name"]!.GetValue<string>()).Where(known.Contains);
        Assert.Equal(expected.Split(' ').Order(), names.Order());
    }

    [Fact]
    public async Task Invalid_selectors_and_continue_tokens_are_bad_requests()
    {
        (var status, var body, _) = await _admin.SendAsync(HttpMethod.Get, "/api/v1/pods?fieldSelector=spec.color%3Dred");
        Assert.Equal(400, status);
        Assert.Contains("field label not supported: spec.color", body, StringComparison.Ordinal);
        Assert.Equal(400, (await _admin.SendAsync(HttpMethod.Get, "/api/v1/pods?labelSelector=a%20b")).Status);
        Assert.Equal(400, (await _admin.SendAsync(HttpMethod.Get, "/api/v1/pods?continue=***")).Status);
    }

    [Fact]
    public async Task Pods_have_the_fields_of_an_api_server()
    {
        var pod = await _admin.GetAsync("/api/v1/namespaces/shop/pods/web-1");
        Assert.Equal("Pod", pod["kind"]!.GetValue<string>());
        Assert.Equal("StatefulSet", pod["metadata"]!["ownerReferences"]![0]!["kind"]!.GetValue<string>());
        Assert.NotNull(pod["metadata"]!["managedFields"]);
        Assert.StartsWith("kube-api-access-", pod["spec"]!["volumes"]![0]!["name"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal("/var/run/secrets/kubernetes.io/serviceaccount", pod["spec"]!["containers"]![0]!["volumeMounts"]![0]!["mountPath"]!.GetValue<string>());
        Assert.Equal(2, pod["spec"]!["tolerations"]!.AsArray().Count);
        Assert.StartsWith("cri-o://", pod["status"]!["containerStatuses"]![0]!["containerID"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal("Running", pod["status"]!["phase"]!.GetValue<string>());
    }

    [Fact]
    public async Task Creation_responds_as_real_servers_do()
    {
        const string Pods = "/api/v1/namespaces/shop/pods";
        (var status, var body, _) = await _admin.SendAsync(HttpMethod.Post, Pods, Manifests.Pod("web-1"));
        Assert.Equal(409, status);
        Assert.Equal(
            """{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"pods \"web-1\" already exists","reason":"AlreadyExists","details":{"name":"web-1","kind":"pods"},"code":409}""" + "\n",
            body);

        (status, body, _) = await _admin.SendAsync(HttpMethod.Post, Pods, Manifests.Pod("Bad_Name"));
        Assert.Equal(422, status);
        Assert.Contains("Pod \\\"Bad_Name\\\" is invalid: metadata.name: Invalid value: \\\"Bad_Name\\\": a lowercase RFC 1123 subdomain", body, StringComparison.Ordinal);

        (status, body, _) = await _admin.SendAsync(HttpMethod.Post, "/api/v1/namespaces/nowhere/pods", Manifests.Pod("x"));
        Assert.Equal(404, status);
        Assert.Contains("namespaces \\\"nowhere\\\" not found", body, StringComparison.Ordinal);

        var elsewhere = Manifests.Pod("x");
        elsewhere["metadata"]!["namespace"] = "default";
        Assert.Equal(400, (await _admin.SendAsync(HttpMethod.Post, Pods, elsewhere)).Status);

        var account = Manifests.Pod("x");
        account["spec"]!["serviceAccountName"] = "robot";
        (status, body, _) = await _admin.SendAsync(HttpMethod.Post, Pods, account);
        Assert.Equal(403, status);
        Assert.Contains("error looking up service account shop/robot: serviceaccount \\\"robot\\\" not found", body, StringComparison.Ordinal);

        var mount = Manifests.Pod("x");
        mount["spec"]!["containers"]![0]!["volumeMounts"] = JsonNode.Parse("""[{"name": "none", "mountPath": "/x"}]""");
        (status, body, _) = await _admin.SendAsync(HttpMethod.Post, Pods, mount);
        Assert.Equal(422, status);
        Assert.Contains("spec.containers[0].volumeMounts[0].name: Not found: \\\"none\\\"", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pods_are_created_started_and_deleted()
    {
        var pod = Manifests.Pod("unused");
        pod["metadata"]!.AsObject().Remove("name");
        pod["metadata"]!["generateName"] = "life-";
        pod["spec"]!.AsObject().Remove("nodeName");
        var created = await _admin.PostAsync("/api/v1/namespaces/default/pods", pod);
        var name = created["metadata"]!["name"]!.GetValue<string>();
        Assert.Matches("^life-[a-z0-9]{5}$", name);
        Assert.Equal("Pending", created["status"]!["phase"]!.GetValue<string>());

        await Eventually.TrueAsync(() => Manifests.IsReady(sandbox.Cluster, name), "ready");
        var events = await _admin.GetAsync($"/api/v1/namespaces/default/events?fieldSelector=involvedObject.name%3D{name}");
        Assert.Equal(
            ["Scheduled", "Pulled", "Created", "Started"], events["items"]!.AsArray().Select(item => item!["reason"]!.GetValue<string>()));

        (var status, var body, _) = await _admin.SendAsync(HttpMethod.Delete, $"/api/v1/namespaces/default/pods/{name}");
        Assert.Equal(200, status);
        Assert.NotNull(JsonNode.Parse(body)!["metadata"]!["deletionTimestamp"]);
        await Eventually.TrueAsync(() => Manifests.Phase(sandbox.Cluster, name).Length == 0, "gone");
        Assert.Equal(404, (await _admin.SendAsync(HttpMethod.Get, $"/api/v1/namespaces/default/pods/{name}")).Status);
    }

    [Fact]
    public async Task Deletion_without_grace_is_immediate()
    {
        await _admin.PostAsync("/api/v1/namespaces/default/pods", Manifests.Pod("brief"));
        await Eventually.TrueAsync(() => Manifests.IsReady(sandbox.Cluster, "brief"), "ready");
        await _admin.SendAsync(HttpMethod.Delete, "/api/v1/namespaces/default/pods/brief?gracePeriodSeconds=0");
        Assert.Equal("", Manifests.Phase(sandbox.Cluster, "brief"));
    }

    [Fact]
    public async Task Pod_of_an_unknown_node_stays_pending_and_a_deadline_ends_one()
    {
        await _admin.PostAsync("/api/v1/namespaces/default/pods", Manifests.Pod("lost", node: "nosuchnode"));
        var limited = Manifests.Pod("limited");
        limited["spec"]!["activeDeadlineSeconds"] = 1;
        await _admin.PostAsync("/api/v1/namespaces/default/pods", limited);
        await Eventually.TrueAsync(() => Manifests.Phase(sandbox.Cluster, "limited") == "Failed", "deadline");
        Assert.Equal("DeadlineExceeded", Manifests.Status(sandbox.Cluster, "limited")!["reason"]!.GetValue<string>());
        Assert.Equal("Pending", Manifests.Phase(sandbox.Cluster, "lost"));
    }

    [Fact]
    public async Task Watch_reports_creation_change_and_deletion_of_a_pod()
    {
        var list = await _admin.GetAsync("/api/v1/namespaces/default/pods?limit=1");
        var version = list["metadata"]!["resourceVersion"]!.GetValue<string>();
        using var stream = await _admin.Client.GetStreamAsync(
            $"/api/v1/namespaces/default/pods?watch=true&fieldSelector=metadata.name%3Dwatched&allowWatchBookmarks=true&resourceVersion={version}");
        using var reader = new StreamReader(stream);
        await _admin.PostAsync("/api/v1/namespaces/default/pods", Manifests.Pod("watched"));
        var seen = new List<string>();
        while (seen.LastOrDefault() != "DELETED")
        {
            var line = JsonNode.Parse(await reader.ReadLineAsync() ?? throw new EndOfStreamException())!;
            Assert.Equal("watched", line["object"]!["metadata"]!["name"]!.GetValue<string>());
            Assert.Equal("Pod", line["object"]!["kind"]!.GetValue<string>());
            seen.Add(line["type"]!.GetValue<string>());
            if (line["object"]!["status"]!["phase"]!.GetValue<string>() == "Running" && !seen.Contains("asked"))
            {
                seen.Add("asked");
                await _admin.SendAsync(HttpMethod.Delete, "/api/v1/namespaces/default/pods/watched");
            }
        }
        Assert.Equal("ADDED", seen[0]);
        Assert.Contains("MODIFIED", seen);
    }

    [Fact]
    public async Task Watch_ends_after_its_timeout_with_a_bookmark()
    {
        var body = await _admin.Client.GetStringAsync("/api/v1/namespaces/shop/pods?watch=1&timeoutSeconds=1&allowWatchBookmarks=true");
        string[] types = [.. body.Trim().Split('\n').Select(line => JsonNode.Parse(line)!["type"]!.GetValue<string>())];
        Assert.Equal(["ADDED", "ADDED", "ADDED", "BOOKMARK"], types);
    }

    [Theory]
    [InlineData("limited-user", "/api/v1/namespaces/shop/pods", "pods is forbidden: User \"limited-user\" cannot list resource \"pods\" in API group \"\" in the namespace \"shop\"")]
    [InlineData("limited-user", "/api/v1/pods", "pods is forbidden: User \"limited-user\" cannot list resource \"pods\" in API group \"\" at the cluster scope")]
    [InlineData("limited-user", "/api/v1/namespaces/shop/pods/web-1", "pods \"web-1\" is forbidden: User \"limited-user\" cannot get resource \"pods\" in API group \"\" in the namespace \"shop\"")]
    [InlineData("operator", "/api/v1/namespaces/shop/pods/web-1/log", "pods \"web-1\" is forbidden: User \"operator\" cannot get resource \"pods/log\" in API group \"\" in the namespace \"shop\"")]
    public async Task Refusals_have_the_messages_of_rbac(string user, string path, string message)
    {
        using var caller = Caller.WithToken(sandbox.Cluster, user);
        (var status, var body, _) = await caller.SendAsync(HttpMethod.Get, path);
        Assert.Equal(403, status);
        Assert.Equal(message, JsonNode.Parse(body)!["message"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("operator", "create", "nodes", "proxy", true)]
    [InlineData("operator", "create", "nodes", "checkpoint", false)]
    [InlineData("checkpointer", "create", "nodes", "checkpoint", true)]
    [InlineData("limited-user", "get", "pods", "", false)]
    public async Task Everyone_may_review_their_own_access(string user, string verb, string resource, string subresource, bool allowed)
    {
        using var caller = Caller.WithToken(sandbox.Cluster, user);
        var review = await caller.PostAsync(
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            JsonNode.Parse($$"""{"spec": {"resourceAttributes": {"verb": "{{verb}}", "resource": "{{resource}}", "subresource": "{{subresource}}"} } }""")!.AsObject());
        Assert.Equal(allowed, review["status"]!["allowed"]!.GetValue<bool>());
    }

    [Fact]
    public async Task Namespaces_are_listed_and_created_once()
    {
        var created = await _admin.PostAsync("/api/v1/namespaces", JsonNode.Parse("""{"metadata": {"name": "fresh"}}""")!.AsObject());
        Assert.Equal("Active", created["status"]!["phase"]!.GetValue<string>());
        Assert.Equal(409, (await _admin.SendAsync(HttpMethod.Post, "/api/v1/namespaces", JsonNode.Parse("""{"metadata": {"name": "fresh"}}""")!.AsObject())).Status);
        var list = await _admin.GetAsync("/api/v1/namespaces");
        Assert.Contains("kube-checkpoint", list["items"]!.AsArray().Select(item => item!["metadata"]!["name"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Nodes_report_their_runtime_and_kubelet_port()
    {
        var list = await _admin.GetAsync("/api/v1/nodes");
        Assert.Equal(3, list["items"]!.AsArray().Count);
        var node = await _admin.GetAsync("/api/v1/nodes/node3");
        Assert.Equal("containerd://2.1.9", node["status"]!["nodeInfo"]!["containerRuntimeVersion"]!.GetValue<string>());
        Assert.Equal(sandbox.Cluster.KubeletUri("node3").Port, node["status"]!["daemonEndpoints"]!["kubeletEndpoint"]!["Port"]!.GetValue<int>());
    }

    [Fact]
    public async Task Pod_security_refuses_host_path_where_it_is_enforced()
    {
        await using var strict = await SandboxCluster.StartAsync(new SandboxOptions { EnforcePodSecurity = true });
        using var caller = Caller.WithToken(strict, "admin");
        (var status, var body, _) = await caller.SendAsync(HttpMethod.Post, "/api/v1/namespaces/shop/pods", Manifests.Helper("helper"));
        Assert.Equal(403, status);
        Assert.Equal(
            "pods \"helper\" is forbidden: violates PodSecurity \"baseline:latest\": hostPath volumes (volume \"checkpoints\")",
            JsonNode.Parse(body)!["message"]!.GetValue<string>());
        await caller.PostAsync("/api/v1/namespaces/kube-checkpoint/pods", Manifests.Helper("helper"));
    }

    [Fact]
    public async Task Discovery_and_health_respond()
    {
        using var anonymous = Caller.Anonymous(sandbox.Cluster);
        Assert.Equal("v1.36.2", (await anonymous.GetAsync("/version"))["gitVersion"]!.GetValue<string>());
        Assert.Equal((200, "ok"), await StatusAndBodyAsync(anonymous, "/readyz"));
        Assert.Equal(403, (await anonymous.SendAsync(HttpMethod.Get, "/api")).Status);
        Assert.Equal("v1", (await _admin.GetAsync("/api"))["versions"]![0]!.GetValue<string>());
        Assert.Contains("pods", (await _admin.GetAsync("/api/v1"))["resources"]!.AsArray().Select(item => item!["name"]!.GetValue<string>()));
        Assert.Equal(404, (await _admin.SendAsync(HttpMethod.Get, "/apis/storage.k8s.io/v1/storageclasses")).Status);
    }

    private static async Task<(int Status, string Body)> StatusAndBodyAsync(Caller caller, string path)
    {
        (var status, var body, _) = await caller.SendAsync(HttpMethod.Get, path);
        return (status, body);
    }
}
