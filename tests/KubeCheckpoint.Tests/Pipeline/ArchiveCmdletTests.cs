using KubeCheckpoint.Tests.Engine;

namespace KubeCheckpoint.Tests.Pipeline;

/// <summary>Every cmdlet that reads an archive accepts it from the pipeline in every form.</summary>
public sealed class ArchiveCmdletTests(SharedSession shared) : IClassFixture<SharedSession>, IDisposable
{
    private static readonly string[] Commands =
    [
        "Get-CheckpointProcess", "Get-CheckpointOpenFile", "Get-CheckpointSocket", "Get-CheckpointMount", "Get-CheckpointMemoryMap",
        "Get-CheckpointFileChange", "Get-CheckpointStatistic", "Get-CheckpointLog -Kind Dump", "Test-CheckpointArchive",
        "Search-CheckpointMemory -Pattern KC- -SimpleMatch", "Compare-CheckpointArchive -ReferencePath $args[0]",
        "ConvertFrom-CriuImage -Member checkpoint/mm-1.img", "Export-CheckpointCoreDump -WhatIf", "Export-CheckpointMemory -Id 1 -Map '[stack]' -AsHex",
        "Expand-CheckpointArchive -WhatIf", "Get-CheckpointArchive", "New-RestoreImage -Destination ./image -WhatIf",
    ];

    private static readonly string[] Forms =
    [
        "$args[0]", "[IO.FileInfo]$args[0]", "Get-CheckpointArchive $args[0]", "[pscustomobject]@{ Path = $args[0] }", "[pscustomobject]@{ PSPath = $args[0] }",
        "[pscustomobject]@{ ArchivePath = $args[0]; Path = '/bin/zoo' }",
    ];

    private readonly ModuleSession _session = shared.Session;
    private readonly string _folder = Directory.CreateTempSubdirectory("kubecheckpoint-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<string, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, string>();
            foreach (var command in Commands)
            {
                foreach (var form in Forms)
                    cases.Add(command, form);
            }
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Takes_an_archive_in_every_form(string command, string form)
    {
        var outcome = _session.Run($"{form} | {command}", Fixture.Zoo);
        var isSilent = command.Contains("-WhatIf", StringComparison.Ordinal) || command.StartsWith("Compare", StringComparison.Ordinal);
        Assert.Equal(!isSilent, outcome.Objects.Count > 0);
    }

    [Theory]
    [InlineData("Get-CheckpointProcess")]
    [InlineData("Get-CheckpointOpenFile")]
    [InlineData("Get-CheckpointSocket")]
    [InlineData("Get-CheckpointMount")]
    [InlineData("Get-CheckpointMemoryMap")]
    [InlineData("Get-CheckpointFileChange")]
    [InlineData("Get-CheckpointStatistic")]
    [InlineData("Get-CheckpointLog -Kind Dump")]
    [InlineData("Get-CheckpointLog")]
    [InlineData("Get-CheckpointArchive")]
    [InlineData("Test-CheckpointArchive")]
    [InlineData("Test-CheckpointArchive -Quiet")]
    [InlineData("Search-CheckpointMemory -Pattern KC- -SimpleMatch")]
    [InlineData("ConvertFrom-CriuImage")]
    [InlineData("Export-CheckpointCoreDump")]
    [InlineData("Export-CheckpointMemory")]
    [InlineData("Expand-CheckpointArchive")]
    [InlineData("New-RestoreImage -Destination ./image")]
    public void A_folder_without_a_checkpoint_is_an_error(string command)
    {
        Assert.Equal("FolderWithoutCheckpoint", IdOf(_session.Run($"$args[0] | {command}", _folder)));
        Assert.Equal("FolderWithoutCheckpoint", IdOf(_session.Run($"[pscustomobject]@{{ LiteralPath = $args[0] }} | {command}", _folder)));
        Assert.Equal("PathMatchesNothing", IdOf(_session.Run($"{command} -Path \"$($args[0])*\"", _folder)));
    }

    [Fact]
    public void A_folder_stands_for_itself_for_its_archives_or_for_the_checkpoints_in_it()
    {
        var root = _folder;
        _session.Run("Expand-CheckpointArchive $args[0] -Destination $args[1]", Fixture.Zoo, Path.Combine(root, "b"));
        _session.Run("Expand-CheckpointArchive $args[0] -Destination $args[1]", Fixture.Zoo, Path.Combine(root, "a"));
        Directory.Move(Path.Combine(root, "a", "checkpoint"), Path.Combine(root, "c"));
        Directory.Delete(Path.Combine(root, "a"), recursive: true);
        Directory.CreateDirectory(Path.Combine(root, "empty"));

        Assert.Equal(["b", "c"], Names("(Get-CheckpointArchive $args[0]).Path", root));
        Assert.Equal(["b", "c"], Names("(Get-CheckpointArchive \"$($args[0])/*\").Path", root));
        Assert.Equal(["b"], Names("(Get-CheckpointArchive $args[0]).Path", Path.Combine(root, "b") + "/"));
        Assert.Equal(["c"], Names("(Get-CheckpointProcess $args[0])[0].ArchivePath", Path.Combine(root, "c")));
        Assert.Equal(["pstree.img"], Names("(ConvertFrom-CriuImage $args[0] -Member pstree.img).Member", Path.Combine(root, "c")));
        Assert.Equal("ContainerUnknown", IdOf(_session.Run("New-RestoreImage $args[0] -Destination ./image", Path.Combine(root, "c"))));
        Assert.Equal("ArchiveNotPacked", IdOf(_session.Run("New-RestoreImage $args[0] -Destination ./image", Path.Combine(root, "b"))));

        // runc makes a folder checkpoint/ in the folder of the container.
        Directory.CreateDirectory(Path.Combine(root, "bundle"));
        Directory.Move(Path.Combine(root, "c"), Path.Combine(root, "bundle", "checkpoint"));
        Assert.Equal(["bundle"], Names("(Get-CheckpointArchive $args[0]).Path", Path.Combine(root, "bundle")));
        File.Copy(Fixture.Zoo, Path.Combine(root, "bundle", "zoo.tar"));
        Assert.Equal(["zoo.tar"], Names("(Get-CheckpointArchive $args[0]).Path", Path.Combine(root, "bundle")));

        // Beside archives, folders are what was expanded from them.
        File.Copy(Fixture.Zoo, Path.Combine(root, "zoo.tar"));
        Assert.Equal(["zoo.tar"], Names("(Get-CheckpointArchive $args[0]).Path", root));
    }

    private static string? IdOf(Outcome outcome) => outcome.Errors.Select(error => error.FullyQualifiedErrorId.Split(',')[0]).FirstOrDefault();

    private IEnumerable<string?> Names(string script, string path) => _session.Run(script, path).Objects.Select(item => Path.GetFileName(item.ToString()));
}
