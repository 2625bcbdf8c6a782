using System.Text;
using KubeCheckpoint.Tests.Engine;
using static KubeCheckpoint.Tests.Engine.ObjectProperties;

namespace KubeCheckpoint.Tests.Cmdlets;

/// <summary>Export-CheckpointMemory as users type it.</summary>
public sealed class ExportCheckpointMemoryTests : IDisposable
{
    private const string NeedleLine = "7eff37416000: 4b43 2d53 5041 5253 452d 6e65 6564 6c65  KC-SPARSE-needle";

    private readonly ModuleSession _session = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("kubecheckpoint-test-").FullName;

    public ExportCheckpointMemoryTests() => _session.Run("$ExecutionContext.SessionState.Path.SetLocation($args[0])", _folder);

    public void Dispose()
    {
        _session.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("Export-CheckpointMemory $args[0] page -Id 1 -Address 0x7eff37416000 -Length 4096", "page")]
    [InlineData("Export-CheckpointMemory $args[0] ./out/ -Id 1 -Start 0x7eff37416000 -End 0x7eff37417000", "out/memory.1.7eff37416000-7eff37417000")]
    [InlineData("[pscustomobject]@{ ArchivePath = $args[0]; ProcessId = 1; Path = '[anon]'; Start = [ulong]0x7eff37416000; End = [ulong]0x7eff37417000 } | Export-CheckpointMemory", "memory.1.7eff37416000-7eff37417000")]
    [InlineData("Get-CheckpointArchive $args[0] | Export-CheckpointMemory -Name zoo-main -Address 0x7eff37416000 -Length 4096 -Destination page", "page")]
    public void Writes_a_range(string script, string file)
    {
        var written = _session.Run(script, Fixture.Zoo).Single;

        Assert.Equal(Path.Combine(_folder, file), Text(written, "Path")!.Replace('/', Path.DirectorySeparatorChar));
        Assert.Equal((0x7eff37416000ul, 4096L, 0L, "zoo-main", Fixture.Zoo), (written.Properties["Address"].Value, written.Properties["Length"].Value, written.Properties["MissingBytes"].Value, Text(written, "ProcessName"), Text(written, "ArchivePath")));
        Assert.StartsWith("KC-SPARSE-needle-first", Encoding.ASCII.GetString(File.ReadAllBytes(Path.Combine(_folder, file))), StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_folder, file)));
    }

    [Fact]
    public void Writes_the_maps_with_a_name()
    {
        var written = _session.Run("Export-CheckpointMemory $args[0] -Id 1, 9 -Map heap, '/memfd:zoo*' -Destination out", Fixture.Zoo).Objects;

        Assert.Equal(["memory.1.3da62000-3da84000", "memory.1.7eff3740f000-7eff37412000", "memory.9.0349f000-034c1000"], written.Select(item => Path.GetFileName(Text(item, "Path"))));
        Assert.Equal(written.Select(item => Text(item, "Path")).Order(), Directory.GetFiles(Path.Combine(_folder, "out")).Order());
    }

    [Fact]
    public void Without_a_range_all_maps_with_pages_are_written_with_a_warning_about_missing_pages()
    {
        var outcome = _session.Run("Export-CheckpointMemory $args[0] -Id 10", Fixture.Zoo);

        // One of three pages of the executable; vdso and stack.
        Assert.Equal(3, outcome.Output.Count);
        Assert.Equal([0L, 0L, 0L], outcome.Output.Select(item => item.Properties["MissingBytes"].Value));
        Assert.Empty(outcome.Warnings);
        var partly = _session.Run("Export-CheckpointMemory $args[0] -Id 1 -Map /etc/zoo-private.dat", Fixture.Zoo);
        Assert.Equal(4096L, Assert.Single(partly.Output).Properties["MissingBytes"].Value);
        Assert.Contains("4.0 KiB", Assert.Single(partly.Warnings).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Export-CheckpointMemory $args[0] -Id 1 -Address 0x7eff37416000 -Length 16 -AsHex")]
    [InlineData("[pscustomobject]@{ ArchivePath = $args[0]; ProcessId = 1; Address = 0x7eff37416000; Length = 3 } | Export-CheckpointMemory -Length 16 -AsHex")]
    [InlineData("foreach ($once in 1) { Export-CheckpointMemory $args[0] -Id 1 -Address 0x7eff37416000 -Length 16777216 -AsHex | ForEach-Object { $_; break } }")]
    public void A_hexdump_is_output_and_no_file(string script)
    {
        Assert.Equal(NeedleLine, _session.Run(script, Fixture.Zoo).Objects.Single().BaseObject);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void WhatIf_writes_nothing()
    {
        Assert.Empty(_session.Run("Export-CheckpointMemory $args[0] -Id 1 -WhatIf", Fixture.Zoo).Objects);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Theory]
    [InlineData("-Id 1 -Address 1", "MemoryRangeInvalid")]
    [InlineData("-Id 1 -Length 1", "MemoryRangeInvalid")]
    [InlineData("-Id 1 -Address 0x2000 -End 0x1000", "MemoryRangeInvalid")]
    [InlineData("-Id 1 -Address 0x2000 -End 0x3000 -Length 5", "MemoryRangeInvalid")]
    [InlineData("-Id 1 -Address 0x2000 -Length 5 -Map heap", "MemoryRangeInvalid")]
    [InlineData("-Id 1 -Address 0xffffffffff600000 -Length 4096", "MemoryNotInArchive")]
    [InlineData("-Id 1 -Address 0xffffffffffffff00 -Length 4096", "MemoryRangeInvalid")]
    [InlineData("-Address 0x2000 -Length 5", "MemoryNotInArchive")]
    [InlineData("-Id 1 -Map nothing", "MapNotInArchive")]
    [InlineData("-Id 7", "ProcessWithoutMemory")]
    [InlineData("-Id 1 -AsHex -Destination x", "HexdumpWithDestination")]
    public void Impossible_requests_are_errors(string arguments, string errorId)
    {
        var outcome = _session.Run($"Export-CheckpointMemory $args[0] {arguments}", Fixture.Zoo);

        Assert.Equal(errorId, outcome.ErrorId);
        Assert.Empty(outcome.Output);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void An_existing_file_is_kept_unless_forced()
    {
        File.WriteAllText(Path.Combine(_folder, "page"), "mine");
        const string Script = "Export-CheckpointMemory $args[0] page -Id 1 -Address 0x7eff37416000 -Length 16";

        Assert.Equal("DestinationExists", _session.Run(Script, Fixture.Zoo).ErrorId);
        Assert.Equal("mine", File.ReadAllText(Path.Combine(_folder, "page")));
        Assert.NotNull(_session.Run(Script + " -Force", Fixture.Zoo).Single);
    }
}
