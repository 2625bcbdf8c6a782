using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using KubeCheckpoint.Archives.Processes;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Archives.Processes;

/// <summary>Compares the processes of every archive with checkpointctl and crit.</summary>
public sealed partial class CheckpointProcessReferenceTests
{
    public static TheoryData<string> Archives => Fixture.Archives;

    [Theory]
    [MemberData(nameof(Archives))]
    public void Agrees_with_the_process_tree_of_checkpointctl(string archive)
    {
        var processes = Read(archive, asTree: false).ToDictionary(process => process.Id);
        var seen = new List<int>();

        Visit(Truth.Inspection(archive)["process_tree"]!, 0);

        Assert.Equal(processes.Keys.Order(), seen.Order());

        void Visit(JsonNode node, int parent)
        {
            var process = processes[node["pid"]!.GetValue<int>()];
            seen.Add(process.Id);
            AssertAgrees(node, process);
            Assert.Equal(parent, process.ParentId);
            foreach (var child in node["children"]?.AsArray() ?? [])
                Visit(child!, process.Id);
        }
    }

    [Theory]
    [MemberData(nameof(Archives))]
    public void The_tree_is_that_of_crit_ps(string archive)
    {
        var expected = Truth.Explored(archive, "ps").Select(line => CritProcess().Match(line)).Where(match => match.Success)
            .Select(match => (match.Groups[1].Value, match.Groups[2].Value, match.Groups[3].Value, match.Groups[4].Length / 4, match.Groups[5].Value));

        Assert.Equal(expected, Read(archive, asTree: true).Select(process =>
            ($"{process.Id}", $"{process.ProcessGroupId}", $"{process.SessionId}", process.Depth, process.Name)));
    }

    [Fact]
    public void The_tree_is_drawn()
    {
        var lines = Read("zoo-crio.tar", asTree: true).Select(process => process.TreePrefix + process.Name);

        Assert.Equal(["zoo-main", "├─ zoo-zombie", "├─ zoo-sleeper", "├─ zoo-exec", "└─ ghost-copy"], lines);
    }

    [Fact]
    public void Only_the_requested_processes_are_returned()
    {
        var query = new ProcessQuery { Filter = (id, name) => id == 8 || name == "ghost-copy" };

        var processes = CheckpointProcessReader.Read(Fixture.PathOf("zoo-crio.tar"), query, CancellationToken.None).ToList();

        Assert.Equal([8, 10], processes.Select(process => process.Id));
        Assert.All(processes, process => Assert.Null(process.Environment));
    }

    private static void AssertAgrees(JsonNode node, CheckpointProcess process)
    {
        Assert.Equal(node["command"]!.GetValue<string>(), process.Name);
        // CRIU calls zombies dead.
        Assert.Equal(node["task_state"]!.GetValue<string>(), process.State == CheckpointProcessState.Zombie ? "Dead" : $"{process.State}");
        var line = node["cmdline"]?.GetValue<string>() ?? "";
        if (node["environment_variables"] is { } variables)
        {
            // checkpointctl puts a space after every argument.
            Assert.Equal(line, string.Concat(process.Arguments!.Select(argument => argument + " ")));
            Assert.Equal(
                variables.AsObject().Select(variable => (variable.Key, variable.Value!.GetValue<string>())).OrderBy(variable => variable.Key, StringComparer.Ordinal),
                process.Environment!.Select(variable => (variable.Key, variable.Value)).OrderBy(variable => variable.Key, StringComparer.Ordinal));
            Assert.False(process.IsCommandLineOverwritten);
            return;
        }
        // It shows no environment if that is empty or cannot be read: a zombie has none, and redis overwrites it with zeros and the arguments with
        // its title, whose padding checkpointctl shows as spaces.
        Assert.Equal(line.Trim(), process.CommandLine);
        Assert.Equal(process.State != CheckpointProcessState.Zombie, process.IsCommandLineOverwritten);
        Assert.Empty(process.Environment ?? new Dictionary<string, string>());
        Assert.True(process.IsEnvironmentComplete);
    }

    private static List<CheckpointProcess> Read(string archive, bool asTree) =>
        [.. CheckpointProcessReader.Read(Fixture.PathOf(archive), new ProcessQuery { IncludeEnvironment = true, AsTree = asTree }, CancellationToken.None)];

    [GeneratedRegex(@"^\s*(\d+)\s+(\d+)\s+(\d+)   ( *)(\S.*)$")]
    private static partial Regex CritProcess();
}
