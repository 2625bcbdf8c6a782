using System.Text;
using k8s;
using k8s.Autorest;
using k8s.Models;
using KubeCheckpoint.Sandbox.Cluster;

namespace KubeCheckpoint.Sandbox.Tests;

/// <summary>The Kubernetes C# client works with the sandbox, using its kubeconfig.</summary>
public sealed class RealClientTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>
{
    private readonly SandboxCluster _cluster = sandbox.Cluster;

    [Theory]
    [InlineData("admin")]
    [InlineData("operator")]
    public async Task Lists_with_paging_and_reads_typed_pods(string context)
    {
        using var client = Connect(context);
        var first = await client.CoreV1.ListNamespacedPodAsync("shop", limit: 2);
        Assert.Equal(2, first.Items.Count);
        var second = await client.CoreV1.ListNamespacedPodAsync("shop", limit: 2, continueParameter: first.Metadata.ContinueProperty);
        Assert.Equal("web-2", Assert.Single(second.Items).Metadata.Name);

        var pod = await client.CoreV1.ReadNamespacedPodAsync("web-1", "shop");
        Assert.Equal("Running", pod.Status.Phase);
        Assert.NotNull(pod.Status.ContainerStatuses.Single().State.Running.StartedAt);
        var nodes = await client.CoreV1.ListNodeAsync();
        Assert.Equal(["node1", "node2", "node3"], nodes.Items.Select(node => node.Metadata.Name));
    }

    [Fact]
    public async Task Creates_watches_runs_a_command_and_deletes()
    {
        using var client = Connect("operator");
        var pod = KubernetesJson.Deserialize<V1Pod>(Manifests.Helper("typed").ToJsonString());
        var created = await client.CoreV1.CreateNamespacedPodAsync(pod, "kube-checkpoint");
        await foreach ((var _, var item) in client.CoreV1.WatchListNamespacedPodAsync("kube-checkpoint", fieldSelector: "metadata.name=typed"))
        {
            if (item.Status.Conditions?.Any(condition => condition is { Type: "Ready", Status: "True" }) == true)
                break;
        }
        Assert.Equal(created.Metadata.Uid, (await client.CoreV1.ReadNamespacedPodAsync("typed", "kube-checkpoint")).Metadata.Uid);
        if (!OperatingSystem.IsWindows())
        {
            var output = "";
            var code = await client.NamespacedPodExecAsync(
                "typed", "kube-checkpoint", "main", ["sh", "-c", "echo hello; exit 3"], false, ReadAsync, CancellationToken.None);
            Assert.Equal((3, "hello\n"), (code, output));

            async Task ReadAsync(Stream stdin, Stream stdout, Stream stderr)
            {
                using var reader = new StreamReader(stdout, Encoding.UTF8);
                output = await reader.ReadToEndAsync();
            }
        }
        await client.CoreV1.DeleteNamespacedPodAsync("typed", "kube-checkpoint", new V1DeleteOptions { GracePeriodSeconds = 0 });
        Assert.DoesNotContain(_cluster.HelperPods, helper => helper["metadata"]!["name"]!.GetValue<string>() == "typed");
    }

    [Fact]
    public async Task Reports_refusals_and_checkpoints_through_the_proxy()
    {
        using var limited = Connect("limited");
        var exception = await Assert.ThrowsAsync<HttpOperationException>(() => limited.CoreV1.ListNamespacedPodAsync("shop"));
        Assert.Equal(System.Net.HttpStatusCode.Forbidden, exception.Response.StatusCode);
        var review = new V1SelfSubjectAccessReview { Spec = new V1SelfSubjectAccessReviewSpec { ResourceAttributes = new V1ResourceAttributes { Verb = "create", Resource = "nodes", Subresource = "proxy" } } };
        Assert.False((await limited.AuthorizationV1.CreateSelfSubjectAccessReviewAsync(review)).Status.Allowed);

        using var client = Connect("operator");
        Assert.True((await client.AuthorizationV1.CreateSelfSubjectAccessReviewAsync(review)).Status.Allowed);
        using var response = await client.CoreV1.ConnectPostNodeProxyWithPathWithHttpMessagesAsync("node1", "checkpoint/shop/web-2/app");
        using var reader = new StreamReader(response.Body);
        Assert.Contains("/var/lib/kubelet/checkpoints/checkpoint-web-2_shop-app-", await reader.ReadToEndAsync(), StringComparison.Ordinal);
    }

    private Kubernetes Connect(string context) => new(KubernetesClientConfiguration.BuildConfigFromConfigFile(_cluster.KubeConfigPath, context));
}
