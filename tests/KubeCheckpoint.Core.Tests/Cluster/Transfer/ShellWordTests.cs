using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Core.Tests.Cluster.Transfer;

public sealed class ShellWordTests
{
    [Fact]
    public void Quoting_disables_shell_syntax() => Assert.Equal(@"'$(rm -rf /)'\''`x`'", ShellWord.Quote("$(rm -rf /)'`x`"));
}
