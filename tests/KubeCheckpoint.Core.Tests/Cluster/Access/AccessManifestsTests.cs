using KubeCheckpoint.Cluster.Access;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Cluster.Access;

public sealed class AccessManifestsTests
{
    [Theory]
    [InlineData("alice", "User:alice")]
    [InlineData("user:alice@example.org", "User:alice@example.org")]
    [InlineData("Group:ops", "Group:ops")]
    [InlineData("ServiceAccount:ns/name", "ServiceAccount:ns/name")]
    [InlineData("sa:ns:name", "ServiceAccount:ns/name")]
    [InlineData("system:serviceaccount:ns:name", "ServiceAccount:ns/name")]
    [InlineData("User:https://issuer.example#sub", "User:https://issuer.example#sub")]
    public void Subjects_are_read_in_the_forms_people_write_them(string text, string expected) => Assert.Equal(expected, AccessSubject.Parse(text).ToString());

    [Theory]
    [InlineData("system:masters")]
    [InlineData("User:")]
    [InlineData(" ")]
    [InlineData("ServiceAccount:name")]
    [InlineData("ServiceAccount:a/b/c")]
    [InlineData("ServiceAccount:../x")]
    public async Task Subjects_without_a_name_are_refused(string text) =>
        await Failing.WithAsync("AccessSubjectInvalid", () => Task.FromResult(AccessSubject.Parse(text)));

    [Fact]
    public void Each_subject_has_its_own_binding_with_a_valid_name()
    {
        var names = new[] { "User:alice", "User:https://issuer.example/%2e%2e#sub", "User:" + new string('x', 5000), "Group:alice" }
            .Select(subject => Build(subject, CheckpointTask.Checkpoint).Single(manifest => manifest.Kind == "ClusterRoleBinding").Name)
            .ToList();

        Assert.Equal(names.Count, names.Distinct().Count());
        Assert.All(names, name => Assert.Matches("^[A-Za-z0-9:@._-]{1,200}$", name));
    }

    [Fact]
    public void No_task_but_the_rehearsal_reads_secrets_and_none_has_a_wildcard() => Assert.All(
        Enum.GetValues<CheckpointTask>().SelectMany(task => Build("alice", task).SelectMany(manifest => manifest.Rules).Select(rule => (task, rule))),
        right => Assert.False(
            (right.task != CheckpointTask.Rehearse && right.rule.Contains("secrets", StringComparison.Ordinal)) || right.rule.Contains('*', StringComparison.Ordinal),
            $"{right}"));

    [Fact]
    public void Roles_come_before_their_bindings()
    {
        var seen = new HashSet<string>();
        foreach (var manifest in Build("alice", Enum.GetValues<CheckpointTask>()))
        {
            if (manifest.Kind.EndsWith("Binding", StringComparison.Ordinal))
                Assert.Contains($"{manifest.Kind[..^7]}/{manifest.Namespace}/{manifest.Rules[0]}", seen);
            Assert.True(seen.Add($"{manifest.Kind}/{manifest.Namespace}/{manifest.Name}"));
        }
    }

    private static IReadOnlyList<AccessManifest> Build(string subject, params CheckpointTask[] tasks) =>
        AccessManifests.Build(new() { Subject = AccessSubject.Parse(subject), Tasks = tasks, Namespaces = ["shop", "default"] });
}
