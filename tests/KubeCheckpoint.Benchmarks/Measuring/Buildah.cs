namespace KubeCheckpoint.Benchmarks.Measuring;

/// <summary>Builds and pushes an image as people do by hand: from scratch, add, annotations, commit, push.</summary>
internal sealed class Buildah(string folder)
{
    private const string Container = "benchmark-working-container";

    public void Push(string archive, string reference, string[] options)
    {
        var image = "localhost/benchmark:1";
        try
        {
            Run("from", "--name", Container, "scratch");
            Run("add", Container, archive, "/");
            Run("config", "--annotation", "io.kubernetes.cri-o.annotations.checkpoint.name=app", Container);
            Run("commit", "--rm", Container, image);
            Run("push", [.. options, "--tls-verify=false", image, $"docker://{reference}"]);
        }
        finally
        {
            Run("rmi", "--all", "--force");
        }
    }

    private void Run(string command, params string[] arguments) => Peer.Run(
        "buildah",
        [
            "--root", Path.Combine(folder, "root"), "--runroot", Path.Combine(folder, "run"), "--storage-driver", "vfs",
            command, .. arguments,
        ]);
}
