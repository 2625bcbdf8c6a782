using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Core.Tests.Cluster.Transfer;

public sealed class ExecResultTests
{
    [Theory]
    [InlineData("""{"metadata":{},"status":"Success"}""", 0)]
    [InlineData("""{"metadata":{},"status":"Failure","message":"command terminated with non-zero exit code","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"2"}]}}""", 2)]
    public void The_status_channel_has_the_exit_code(string status, int exitCode) => Assert.Equal(exitCode, ExecResult.Parse(status, "").ExitCode);

    [Theory]
    [InlineData("""{"status":"Failure","message":"container not found","reason":"InternalError"}""")]
    [InlineData("not json")]
    [InlineData("""{"status":"Failure","reason":"NonZeroExitCode"}""")]
    public void A_command_without_a_valid_status_is_broken(string status) => Assert.Throws<ExecBrokenException>(() => ExecResult.Parse(status, ""));
}
