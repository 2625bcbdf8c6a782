using KubeCheckpoint.Tests.Engine;

namespace KubeCheckpoint.Tests.Pipeline;

/// <summary>Every cmdlet that reads an archive accepts it from the pipeline in every form.</summary>
public sealed class ArchiveCmdletTests(SharedSession shared) : IClassFixture<SharedSession>
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
}
