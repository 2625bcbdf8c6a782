using KubeCheckpoint.Cluster.KubeConfigs;

namespace KubeCheckpoint.Core.Tests.Cluster.KubeConfigs;

public sealed class ContextResolverTests
{
    private static readonly KubeConfigLocation Place = new("/config", 3);
    private static readonly KubeConfigContent Pem = new("client-certificate-data", Place, null, default);

    [Fact]
    public void A_context_without_user_or_namespace_connects_without_credentials_to_the_default_namespace()
    {
        var access = Resolve(new("x", "c", null, null) { Location = Place });
        Assert.Equal("default", access.Namespace);
        Assert.Null(access.User.Token);
    }

    [Fact]
    public void A_missing_user_is_one_without_credentials() =>
        Assert.Equal("gone", Resolve(new("x", "c", "gone", null) { Location = Place }).User.Name);

    [Fact]
    public void A_missing_cluster_is_refused()
    {
        AssertInvalid("the context 'x' names no cluster.", () => Resolve(new("x", null, "u", null) { Location = Place }));
        AssertInvalid("the context 'x' names the cluster 'gone', which is missing.", () => Resolve(new("x", "gone", "u", null) { Location = Place }));
    }

    [Fact]
    public void What_kubectl_refuses_is_refused()
    {
        var (cluster, user) = (new KubeConfigCluster("c", Place) { Server = "https://s" }, new KubeConfigUser("u", Place));
        AssertInvalid("the cluster 'c' has no 'server'.", () => Resolve(cluster with { Server = null }, user));
        AssertInvalid(
            "the cluster 'c' has both 'insecure-skip-tls-verify' and 'certificate-authority': remove one of them.",
            () => Resolve(cluster with { SkipTlsVerify = true, CertificateAuthority = new("certificate-authority", Place, "/ca.crt", default) }, user));
        AssertInvalid(
            "the user 'u' has both a token and a user name with a password: remove one of them.", () => Resolve(cluster, user with { Token = "t", Password = "p" }));
        AssertInvalid(
            "the user 'u' has a client certificate without 'client-key' or 'client-key-data'.", () => Resolve(cluster, user with { ClientCertificate = Pem }));
    }

    [Theory]
    [InlineData("gcp", "gke-gcloud-auth-plugin")]
    [InlineData("azure", "kubelogin convert-kubeconfig")]
    [InlineData("oidc", "kubectl oidc-login")]
    [InlineData("other", "exec")]
    public void An_auth_provider_is_refused_with_its_cure(string provider, string cure)
    {
        var failure = Assert.Throws<KubeCheckpointException>(
            () => Resolve(new("c", Place) { Server = "https://s" }, new("u", Place) { AuthProvider = provider }));
        Assert.Equal("AuthProviderNotSupported", failure.ErrorId);
        Assert.Contains($"'{provider}'", failure.Message, StringComparison.Ordinal);
        Assert.Contains(cure, failure.RecommendedAction, StringComparison.Ordinal);
    }

    private static ClusterAccess Resolve(KubeConfigContext context) =>
        ContextResolver.Resolve(new(["/config"], "x", [new("c", Place) { Server = "https://s" }], [new("u", Place)], [context]), null);

    private static ClusterAccess Resolve(KubeConfigCluster cluster, KubeConfigUser user) =>
        ContextResolver.Resolve(new(["/config"], "x", [cluster], [user], [new("x", "c", "u", null) { Location = Place }]), null);

    private static void AssertInvalid(string problem, Func<object> act)
    {
        var failure = Assert.Throws<KubeCheckpointException>(act);
        Assert.Equal("KubeConfigInvalid", failure.ErrorId);
        Assert.Equal($"The kubeconfig '/config' cannot be used: line 3: {problem}", failure.Message);
    }
}
