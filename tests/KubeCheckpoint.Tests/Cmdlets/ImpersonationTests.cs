using KubeCheckpoint.Sandbox;
using KubeCheckpoint.Tests.Engine;
using static KubeCheckpoint.Tests.Engine.ObjectProperties;

namespace KubeCheckpoint.Tests.Cmdlets;

/// <summary>-As and -AsGroup, and the connection that a kubeconfig leaves unchecked.</summary>
public sealed class ImpersonationTests : IDisposable
{
    private readonly ClusterSession _session = new();

    [Fact]
    public void A_pipeline_stays_with_the_user_it_begins_as()
    {
        var archive = _session.Run(
            "Get-Pod web-1 -Namespace shop -As operator | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp").Single;

        Assert.True(File.Exists(Text(archive, "Path")));
        var requests = _session.Cluster.Requests.Where(request => request.Server == SandboxServer.ApiServer).ToList();
        Assert.Contains(requests, request => request.Path.Contains("/exec?", StringComparison.Ordinal));
        Assert.All(requests, request => Assert.Equal(("admin", "operator"), (request.User, request.ImpersonatedUser)));
    }

    [Fact]
    public void An_object_from_a_job_remembers_the_user()
    {
        var archive = _session.Run(
            """
            $checkpoint = Get-Pod web-1 -Namespace shop -As somebody -AsGroup dev, system:masters | Invoke-ContainerCheckpoint
            $text = [System.Management.Automation.PSSerializer]::Serialize($checkpoint)
            [System.Management.Automation.PSSerializer]::Deserialize($text) | Save-CheckpointArchive -Destination ./cp
            """).Single;
        Assert.All(
            _session.Cluster.Requests.Where(request => request.Server == SandboxServer.ApiServer),
            request => Assert.Equal("somebody", request.ImpersonatedUser));
        Assert.True(File.Exists(Text(archive, "Path")));
    }

    [Fact]
    public void Access_checks_respond_for_the_user()
    {
        var own = _session.Run("Test-CheckpointSupport node1").Single;
        var limited = _session.Run("Test-CheckpointSupport node1 -As limited-user").ErrorId;
        var member = _session.Run("Test-CheckpointSupport node1 -As limited-user -AsGroup system:masters").Single;
        Assert.Equal("True", Text(own, "CanCheckpoint"));
        Assert.Equal("Forbidden", limited);
        Assert.Equal("True", Text(member, "CanCheckpoint"));
    }

    [Fact]
    public void Groups_need_a_user()
    {
        var error = _session.Run("Get-Pod -AsGroup dev").Error;
        Assert.Equal("ImpersonationInvalid", error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Contains("-As", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void Service_accounts_and_groups_are_completed()
    {
        var kubeConfig = _session.Cluster.KubeConfigPath;
        Assert.Contains(
            "'system:serviceaccount:default:default'", _session.Session.Complete($"Get-Pod -KubeConfig {kubeConfig} -As system:serviceaccount:default"));
        Assert.Contains("'system:masters'", _session.Session.Complete($"Get-Pod -KubeConfig {kubeConfig} -As alice -AsGroup system:m"));
    }

    [Fact]
    public void An_unchecked_certificate_is_warned_of_once_a_connection()
    {
        var path = Path.Combine(_session.Folder, "insecure");
        var lines = File.ReadAllLines(_session.Cluster.KubeConfigPath).Select(line =>
            line.Contains("certificate-authority-data", StringComparison.Ordinal) ? "    insecure-skip-tls-verify: true" : line);
        File.WriteAllLines(path, lines);

        var outcome = _session.Run(
            "Get-Pod web-1, web-2 -Namespace shop -KubeConfig $args[0]; 'web-1', 'web-2' | Get-Pod -Namespace shop -KubeConfig $args[0]", path);
        Assert.Equal(4, outcome.Objects.Count);
        Assert.Equal(2, outcome.Warnings.Count);
        Assert.All(outcome.Warnings, warning => Assert.Contains(
            "is not checked: the kubeconfig has insecure-skip-tls-verify", warning.Message, StringComparison.Ordinal));
    }

    public void Dispose() => _session.Dispose();
}
