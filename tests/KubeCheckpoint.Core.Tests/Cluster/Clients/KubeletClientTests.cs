using System.Security.Cryptography.X509Certificates;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Sandbox;

namespace KubeCheckpoint.Core.Tests.Cluster.Clients;

public sealed class KubeletClientTests : SandboxTests
{
    public KubeletClientTests()
        : base(new() { DefaultPods = false }, "admin")
    {
    }

    protected override Task SetUpAsync()
    {
        Add("shop", "web-1", "odd");
        Add("shop", "web-2", "even");
        Add("shop", "web-3", "odd");
        Add("shop", "api-1", "odd");
        Add("shop-test", "web-1", "odd");
        return Task.CompletedTask;

        void Add(string ns, string name, string parity) => Sandbox.AddPod(new SandboxPod(ns, name, "node1", new SandboxContainer("app"))
        {
            Labels = new Dictionary<string, string> { ["parity"] = parity },
        });
    }

    [Fact]
    public async Task Selects_from_the_kubelets_list()
    {
        using var kubelet = ConnectKubelet();
        var pods = new List<string>();
        var query = new PodQuery { Names = [new("web*", hasWildcards: true, name => name.StartsWith("web", StringComparison.Ordinal))], LabelSelector = "parity=odd,!canary", FieldSelector = "metadata.namespace=shop" };
        await foreach (var pod in kubelet.GetPodsAsync(query, failure => Assert.Fail(failure.Message), default))
            pods.Add(pod.ToString());
        Assert.Equal(["shop/web-1", "shop/web-3"], pods.Order());
    }

    [Fact]
    public async Task Verifies_the_kubelets_certificate()
    {
        using var untrusting = KubeletClient.Connect(new() { Uri = Sandbox.KubeletUri("node1"), Token = Sandbox.Tokens["admin"] });
        await Failing.WithAsync("KubeletCertificateInvalid", () => FirstAsync(untrusting));
        using var trusting = KubeletClient.Connect(new() { Uri = Sandbox.KubeletUri("node1"), Token = Sandbox.Tokens["admin"], SkipCertificateCheck = true });
        Assert.NotNull(await FirstAsync(trusting));
        using var wrongToken = KubeletClient.Connect(new() { Uri = Sandbox.KubeletUri("node1"), Token = "nonsense", SkipCertificateCheck = true });
        await Failing.WithAsync("KubeletUnauthorized", () => FirstAsync(wrongToken));
    }

    [Fact]
    public async Task Accepts_a_token_with_the_line_break_of_its_file()
    {
        using var kubelet = KubeletClient.Connect(new() { Uri = Sandbox.KubeletUri("node1"), Token = Sandbox.Tokens["admin"] + "\r\n", SkipCertificateCheck = true });
        Assert.NotNull(await FirstAsync(kubelet));
    }

    [Theory]
    [InlineData("PLANTED\nX-Evil: 1", "line break")]
    [InlineData("PLANTED\0", "NUL")]
    [InlineData("PLANTED€", "not ASCII")]
    public void Describes_a_token_that_cannot_be_sent_without_it(string token, string problem)
    {
        var failure = Assert.Throws<KubeCheckpointException>(() => KubeletClient.Connect(new() { Uri = new("https://node1:10250"), Token = token }));
        Assert.Equal("HeaderValueInvalid", failure.ErrorId);
        Assert.Contains("The token from -Token cannot be sent: ", failure.Message, StringComparison.Ordinal);
        Assert.Contains(problem, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("PLANTED", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_user_name_and_password_in_the_address_and_does_not_show_them()
    {
        var target = new KubeletTarget { Uri = new("https://me:PLANTED@node1:10250") };
        var failure = Assert.Throws<KubeCheckpointException>(() => KubeletClient.Connect(target));
        Assert.Equal("KubeletUriInvalid", failure.ErrorId);
        Assert.DoesNotContain("PLANTED", $"{failure}{failure.Target}{target}", StringComparison.Ordinal);
    }

    private static async Task<Pod?> FirstAsync(KubeletClient kubelet)
    {
        await foreach (var pod in kubelet.GetPodsAsync(new(), _ => { }, default))
            return pod;
        return null;
    }

    private KubeletClient ConnectKubelet() => KubeletClient.Connect(new()
    {
        Uri = Sandbox.KubeletUri("node1"),
        ClientCertificate = X509Certificate2.CreateFromPemFile(
            Sandbox.KubeletClientCertificatePath, Sandbox.KubeletClientKeyPath),
        CertificateAuthorities = [X509CertificateLoader.LoadCertificateFromFile(Sandbox.CertificateAuthorityPath)],
    });
}
