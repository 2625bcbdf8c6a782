using KubeCheckpoint.Archives.Owners;
using KubeCheckpoint.Cluster.Leftovers;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Cluster.Leftovers;

public sealed class LocalLeftoversTests : IDisposable
{
    private readonly List<string> _files = [];

    public void Dispose() => _files.ForEach(File.Delete);

    [Fact]
    public void A_file_of_a_dead_process_is_found_and_removed()
    {
        var file = Create(OwnerProcess.Current with { Start = OwnerProcess.Current.Start + "1" });

        var leftover = Assert.Single(LocalLeftovers.Find(), found => found.Name == file);
        Assert.Equal((LeftoverPlace.Client, LeftoverState.Abandoned, (bool?)false), (leftover.Place, leftover.State, leftover.IsOwnerAlive));

        LeftoverRemover.Remove(leftover);
        Assert.False(File.Exists(file));
    }

    [Fact]
    public void A_file_of_this_process_is_in_use()
    {
        var file = Create(OwnerProcess.Current);
        Assert.Equal(LeftoverState.InUse, Assert.Single(LocalLeftovers.Find(), found => found.Name == file).State);
    }

    [Fact]
    public void A_file_of_another_machine_is_nobodys_after_a_day()
    {
        var file = Create(OwnerProcess.Current with { Machine = "another" });
        Assert.Equal(LeftoverState.Unknown, Assert.Single(LocalLeftovers.Find(), found => found.Name == file).State);

        File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddDays(-2));
        Assert.Equal(LeftoverState.Abandoned, Assert.Single(LocalLeftovers.Find(), found => found.Name == file).State);
    }

    [Fact]
    public void Other_files_and_links_are_left_alone()
    {
        var (other, target) = (Name("kubecheckpoint-other-1.tmp"), Name("target"));
        File.WriteAllText(other, "");
        File.WriteAllText(target, "");
        var link = Name($"kubecheckpoint-{(OwnerProcess.Current with { Start = "1" }).Token}-2.tmp");
        File.CreateSymbolicLink(link, target);

        Assert.DoesNotContain(LocalLeftovers.Find(), found => found.Name == other || found.Name == link);

        LeftoverRemover.Remove(new() { Kind = "File", Place = LeftoverPlace.Client, Name = other, Role = LeftoverRole.TemporaryFile, State = LeftoverState.Abandoned });
        Assert.True(File.Exists(other));
    }

    [UnixFact]
    public void What_is_no_file_is_left_alone()
    {
        var name = Name($"kubecheckpoint-{(OwnerProcess.Current with { Start = "1" }).Token}-{Guid.NewGuid():n}.tmp");
        Tools.Run("mkfifo", name);

        Assert.DoesNotContain(LocalLeftovers.Find(), found => found.Name == name);
    }

    private string Create(OwnerProcess owner)
    {
        var file = Name($"kubecheckpoint-{owner.Token}-{Guid.NewGuid():n}.tmp");
        File.WriteAllText(file, "");
        return file;
    }

    private string Name(string name)
    {
        _files.Add(Path.Combine(Path.GetTempPath(), name));
        return _files[^1];
    }
}
