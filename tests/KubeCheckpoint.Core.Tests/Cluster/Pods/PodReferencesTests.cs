using KubeCheckpoint.Cluster.Pods;

namespace KubeCheckpoint.Core.Tests.Cluster.Pods;

public sealed class PodReferencesTests
{
    [Fact]
    public void Volumes_environment_and_pull_secrets_refer_to_objects()
    {
        var references = PodDocument.Parse(new(
            """
            {"metadata":{"name":"web"},"spec":{"serviceAccountName":"sa","imagePullSecrets":[{"name":"pull"}],
             "volumes":[{"name":"a","configMap":{"name":"cm-volume","optional":true}},{"name":"b","secret":{"secretName":"s-volume"}},
              {"name":"c","projected":{"sources":[{"configMap":{"name":"kube-root-ca.crt"}},{"configMap":{"name":"cm-projected"}},{"secret":{"name":"s-projected"}},{"serviceAccountToken":{}}]}}],
             "initContainers":[{"name":"i","env":[{"name":"X","valueFrom":{"secretKeyRef":{"name":"s-env","key":"k"}}}]}],
             "containers":[{"name":"a","env":[{"name":"Y","valueFrom":{"configMapKeyRef":{"name":"cm-volume","key":"k"}}},{"name":"Z","value":"z"}],
              "envFrom":[{"configMapRef":{"name":"cm-from","optional":true}},{"secretRef":{"name":"s-from"}}]}]}}
            """)).References();

        Assert.Equal("sa", references.ServiceAccount);
        Assert.Equal([("cm-from", true), ("cm-projected", false), ("cm-volume", false), ("kube-root-ca.crt", false)], references.ConfigMaps.Select(pair => (pair.Key, pair.Value)));
        Assert.Equal(["pull"], references.PullSecrets);
        Assert.Equal(
            [("s-env", false), ("s-from", false), ("s-projected", false), ("s-volume", false)], references.Secrets.Select(pair => (pair.Key, pair.Value)));
    }
}
