namespace KubeCheckpoint.Sandbox;

/// <summary>The pods that exist when a sandbox starts, except those on nodes that it does not have.</summary>
internal static class DefaultPods
{
    private static readonly Dictionary<string, string> CounterEnvironment = new() { ["PORT"] = "8088", ["SECRET_SAMPLE"] = "s3cr3t-in-env" };
    private static readonly Dictionary<string, string> Scratch = new() { ["scratch"] = "/scratch" };

    public static IEnumerable<SandboxPod> All()
    {
        yield return Web("web-1");
        yield return Web("web-2");
        yield return new SandboxPod("shop", "multi", "node1", Part("a"), Part("b"))
        {
            Labels = new Dictionary<string, string> { ["app"] = "multi" },
            EmptyDirs = ["scratch"],
            AutomountServiceAccountToken = false,
        };
        yield return new SandboxPod("default", "counter", "node3", new SandboxContainer("counter") { Environment = CounterEnvironment })
        {
            Labels = new Dictionary<string, string> { ["app"] = "counter" },
            AutomountServiceAccountToken = false,
        };
        yield return Single("done", "node1", SandboxPodState.Succeeded);
        yield return Single("crash", "node1", SandboxPodState.CrashLoopBackOff);
        yield return Single("pending", "", SandboxPodState.Pending);
        yield return Single("badimage", "node2", SandboxPodState.ImagePullBackOff, "registry.invalid/no/such:image");
    }

    private static SandboxPod Web(string name) => new("shop", name, "node1", new SandboxContainer("app") { Environment = CounterEnvironment })
    {
        Labels = new Dictionary<string, string> { ["app"] = "web" },
        StatefulSet = "web",
    };

    private static SandboxContainer Part(string name) => new(name) { Archive = "crio-multi-a.tar", Mounts = Scratch };

    private static SandboxPod Single(string name, string node, SandboxPodState state, string image = SandboxContainer.CounterImage) =>
        new("default", name, node, new SandboxContainer("main", image)) { State = state };
}
