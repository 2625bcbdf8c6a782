using System.Diagnostics;
using KubeCheckpoint.Archives.Owners;

namespace KubeCheckpoint.Core.Tests.Archives.Owners;

public sealed class OwnerProcessTests
{
    [Fact]
    public void This_process_is_alive() => Assert.True(OwnerProcess.Current.IsAlive());

    [Fact]
    public void A_process_that_was_killed_is_dead()
    {
        using var child = Start();
        var owner = OwnerProcess.Of(child.Id)!;
        Assert.True(owner.IsAlive());

        child.Kill();
        child.WaitForExit();

        Assert.False(owner.IsAlive());
    }

    [Fact]
    public void Another_process_with_the_same_id_is_not_the_owner() =>
        Assert.False((OwnerProcess.Current with { Start = OwnerProcess.Current.Start + "1" }).IsAlive());

    [Theory]
    [InlineData("user")]
    [InlineData("host")]
    [InlineData("machine")]
    public void Nothing_is_known_of_processes_elsewhere(string part)
    {
        var other = part switch
        {
            "user" => OwnerProcess.Current with { User = "another" },
            "host" => OwnerProcess.Current with { Host = "another" },
            _ => OwnerProcess.Current with { Machine = "another" },
        };
        Assert.Null(other.IsAlive());
    }

    [Fact]
    public void Nothing_is_known_where_the_system_does_not_tell_which_machine_it_is() =>
        Assert.False((OwnerProcess.Current with { Machine = "" }).IsNearby);

    private static Process Start() => Process.Start(OperatingSystem.IsWindows()
        ? new ProcessStartInfo("ping", ["-n", "60", "127.0.0.1"]) { RedirectStandardOutput = true }
        : new ProcessStartInfo("sleep", ["60"]))!;
}
