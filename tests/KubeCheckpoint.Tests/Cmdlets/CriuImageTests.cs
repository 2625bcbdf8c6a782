using System.Management.Automation;
using System.Text.Json;
using KubeCheckpoint.Tests.Engine;
using static KubeCheckpoint.Tests.Engine.ObjectProperties;

namespace KubeCheckpoint.Tests.Cmdlets;

/// <summary>ConvertFrom-CriuImage and ConvertTo-CriuImage as users type them.</summary>
public sealed class CriuImageTests : IDisposable
{
    private readonly ModuleSession _session = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("kubecheckpoint-test-").FullName;

    public CriuImageTests() => _session.Run("$ExecutionContext.SessionState.Path.SetLocation($args[0])", _folder);

    public static TheoryData<string> Archives =>
        [.. Directory.GetFiles(Fixture.Archive("")).Where(path => path.EndsWith(".tar") || path.EndsWith(".gz") || path.EndsWith(".zst")).Select(path => Path.GetFileName(path)).Order()];

    public void Dispose()
    {
        _session.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [MemberData(nameof(Archives))]
    public void All_images_of_an_archive_round_trip_byte_for_byte(string archive)
    {
        _session.Run("Expand-CheckpointArchive $args[0] before -Member *.img", Fixture.Archive(archive));
        Directory.CreateDirectory(Path.Combine(_folder, "after"));

        var written = _session.Run("Get-CheckpointArchive $args[0] | ConvertFrom-CriuImage | ConvertTo-CriuImage after", Fixture.Archive(archive)).Objects;

        Assert.NotEmpty(written);
        Assert.Equal(
            Directory.GetFiles(Path.Combine(_folder, "before", "checkpoint")).Select(file => Path.GetFileName(file)).Where(name => !name.StartsWith("pages-") && !name.StartsWith("tmpfs-")).Order(),
            written.Select(image => Path.GetFileName(Text(image, "Path"))).Order());
        Assert.All(written, image => Assert.Equal(
            File.ReadAllBytes(Path.Combine(_folder, "before", "checkpoint", Path.GetFileName(Text(image, "Path")!))),
            File.ReadAllBytes(Text(image, "Path")!)));
    }

    [Fact]
    public void An_archive_without_images_is_an_error()
    {
        _session.Run("Expand-CheckpointArchive $args[0] expanded -Member config.dump, spec.dump", Fixture.Zoo);
        var outcome = _session.Run("ConvertFrom-CriuImage expanded");
        Assert.Equal("ImagesNotInArchive", Assert.Single(outcome.Errors).FullyQualifiedErrorId.Split(',')[0]);
        Assert.Empty(outcome.Output);
    }

    [Fact]
    public void The_fields_are_those_of_criu_with_numbers_text_and_bytes()
    {
        var image = _session.Run("ConvertFrom-CriuImage $args[0] -Member core-1.img", Fixture.Zoo).Single;
        var entry = _session.Run("$args[0].Entries[0]", image).Single;

        Assert.Equal(("CORE", "COMMON", "checkpoint/core-1.img", Fixture.Zoo, Fixture.Zoo), (Text(image, "Type"), Text(image, "Family"), Text(image, "Member"), Text(image, "Path"), Text(image, "ArchivePath")));
        Assert.Equal("X86_64", Text(entry, "mtype"));
        Assert.Equal(["UInt64", "UInt32", "UInt32[]"], _session.Run(
            "$args[0].thread_info.clear_tid_addr.GetType().Name; $args[0].tc.task_state.GetType().Name; $args[0].thread_core.creds.cap_eff.GetType().Name",
            entry).Objects.Select(name => name.ToString()));
    }

    [Fact]
    public void Payloads_are_bytes()
    {
        var extra = _session.Run("(ConvertFrom-CriuImage $args[0] -Member fifo-data.img).Entries[0].extra", Fixture.Zoo).Objects;

        Assert.Equal("fifo-data"u8.ToArray(), extra.Select(octet => (byte)octet.BaseObject));
    }

    [Fact]
    public void An_image_in_a_file_is_read_as_one_whatever_it_is_called()
    {
        _session.Run("Expand-CheckpointArchive $args[0] out -Member checkpoint/pstree.img", Fixture.Zoo);
        File.Copy(Path.Combine(_folder, "out/checkpoint/pstree.img"), Path.Combine(_folder, "tree"));

        Assert.Equal(["PSTREE", "PSTREE"], _session.Run("ConvertFrom-CriuImage out/checkpoint/pstree.img, ./tree").Objects.Select(image => Text(image, "Type")));
        Assert.Null(_session.Run("Get-CheckpointArchive $args[0] > $null; ConvertFrom-CriuImage -LiteralPath ./tree", Fixture.Zoo).Single.Properties["Member"].Value);
    }

    [Fact]
    public void Folders_and_wildcards_skip_other_files_and_a_name_does_not()
    {
        _session.Run("Expand-CheckpointArchive $args[0] out", Fixture.Zoo);

        var all = _session.Run("ConvertFrom-CriuImage out/checkpoint").Objects.Count;
        Assert.Equal(all, _session.Run("ConvertFrom-CriuImage out/checkpoint/*").Objects.Count);
        Assert.Equal(all, _session.Run("ConvertFrom-CriuImage $args[0] -Member *", Fixture.Zoo).Objects.Count);
        Assert.Equal(all, _session.Run("ConvertFrom-CriuImage $args[0]", Fixture.Zoo).Objects.Count);
        Assert.Equal("NotACriuImage", _session.Run("ConvertFrom-CriuImage out/checkpoint/pages-1.img").ErrorId);
        Assert.Equal("NotACriuImage", _session.Run("ConvertFrom-CriuImage $args[0] -Member pages-1.img", Fixture.Zoo).ErrorId);
    }

    [Fact]
    public void A_damaged_image_is_an_error_and_the_others_continue()
    {
        var bytes = File.ReadAllBytes(Fixture.Zoo);
        bytes.AsSpan(bytes.AsSpan().IndexOf((byte[])[0x30, 0x30, 0x27, 0x50]), 4).Clear();
        File.WriteAllBytes(Path.Combine(_folder, "bad.tar"), bytes);

        var outcome = _session.Run("ConvertFrom-CriuImage bad.tar");

        Assert.Equal(("NotACriuImage", ErrorCategory.InvalidData), (outcome.ErrorId, outcome.Error.CategoryInfo.Category));
        Assert.Contains("checkpoint/pstree.img", outcome.Error.Exception.Message, StringComparison.Ordinal);
        Assert.Equal(_session.Run("ConvertFrom-CriuImage $args[0]", Fixture.Zoo).Objects.Count - 1, outcome.Output.Count);
    }

    [Fact]
    public void A_missing_member_is_an_error()
    {
        var outcome = _session.Run("ConvertFrom-CriuImage $args[0] -Member core-1.img, core-99.img, no-*.img", Fixture.Zoo);

        Assert.Equal("MemberNotFound", outcome.ErrorId);
        Assert.Contains("'core-99.img'", outcome.Error.Exception.Message, StringComparison.Ordinal);
        Assert.Single(outcome.Output);
    }

    [Fact]
    public void Edits_are_written_and_nothing_else_changes()
    {
        var edited = _session.Run(
            """
            $image = ConvertFrom-CriuImage $args[0] -Member core-1.img
            $image.Entries[0].tc.comm = 'renamed'
            $image.Entries[0].tc.exit_code = '0x10'
            $image.Entries[0].tc.loginuid = $null
            $image | ConvertTo-CriuImage ./core.img
            (ConvertFrom-CriuImage ./core.img).Entries[0]
            """,
            Fixture.Zoo).Objects;
        var before = _session.Run("(ConvertFrom-CriuImage $args[0] -Member core-1.img).Entries[0]", Fixture.Zoo).Single;

        Assert.Equal(("CORE", "1"), (Text(edited[0], "Type"), Text(edited[0], "EntryCount")));
        Assert.Equal(("renamed", "16", null), (Json(edited[1], "tc", "comm"), Json(edited[1], "tc", "exit_code"), Json(edited[1], "tc", "loginuid")));
        Assert.Equal(Serialized(before, "thread_info"), Serialized(edited[1], "thread_info"));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_folder, "core.img")));
    }

    [Fact]
    public void Entries_are_taken_out_and_added()
    {
        var ids = _session.Run(
            """
            $image = ConvertFrom-CriuImage $args[0] -Member pstree.img
            $image.Entries = @($image.Entries[0]) + @{ pid = 99; ppid = 1; pgid = 1; sid = 1; threads = 99, 100 }
            $image | ConvertTo-CriuImage ./pstree.img
            (ConvertFrom-CriuImage ./pstree.img).Entries.pid
            (ConvertFrom-CriuImage ./pstree.img).Entries[1].threads
            """,
            Fixture.Zoo).Objects;

        Assert.Equal(["1", "99", "99", "100"], ids.Skip(1).Select(id => id.ToString()));
    }

    [Fact]
    public void An_entry_that_was_read_stays_the_same_object()
    {
        var output = _session.Run(
            """
            $image = ConvertFrom-CriuImage $args[0] -Member pstree.img
            $count = $image.Entries.Count
            $image.Entries[-1].pid = 98
            $image.Entries.RemoveAt(0)
            $image | ConvertTo-CriuImage ./pstree.img > $null
            $back = ConvertFrom-CriuImage ./pstree.img
            $back.Entries[-1].pid, ($count - $back.Entries.Count)
            $back.Entries = @($back.Entries[-1])
            $back | ConvertTo-CriuImage ./pstree.img -Force
            """,
            Fixture.Zoo).Objects;

        Assert.Equal(["98", "1"], output.Take(2).Select(value => value.ToString()));
        Assert.Equal("1", Text(output[^1], "EntryCount"));
    }

    [Theory]
    [InlineData("core-1.img")]
    [InlineData("files.img")]
    [InlineData("mm-1.img")]
    [InlineData("pagemap-1.img")]
    [InlineData("sk-queues.img")]
    [InlineData("ghost-file-1.img")]
    public void Images_converted_to_json_and_back_are_byte_for_byte_the_same(string name)
    {
        // The hosted engine has no ConvertTo-Json and ConvertFrom-Json: this does what they do, including arrays of numbers for bytes.
        var image = _session.Run("ConvertFrom-CriuImage $args[0] -Member $args[1]", Fixture.Zoo, name).Single;
        var json = new Dictionary<string, object?> { ["Type"] = Text(image, "Type"), ["Member"] = Text(image, "Member"), ["Entries"] = ((System.Collections.IEnumerable)image.Properties["Entries"].Value).Cast<object>().Select(Plain).ToArray() };
        var parsed = FromJson(JsonSerializer.SerializeToElement(json));

        _session.Run("Expand-CheckpointArchive $args[0] out -Member $args[1]", Fixture.Zoo, "checkpoint/" + name);
        _session.Run("$args[0] | ConvertTo-CriuImage .", parsed).Single.ToString();

        Assert.Equal(File.ReadAllBytes(Path.Combine(_folder, "out/checkpoint", name)), File.ReadAllBytes(Path.Combine(_folder, name)));
    }

    [Fact]
    public void The_json_of_crit_decode_becomes_the_images_it_was_made_of()
    {
        using var decoded = JsonDocument.Parse(File.ReadAllBytes(Fixture.Zoo + ".crit.json"));
        _session.Run("Expand-CheckpointArchive $args[0] out -Member *.img", Fixture.Zoo);
        foreach (var image in decoded.RootElement.EnumerateObject().Where(image => image.Value.ValueKind == JsonValueKind.Object && image.Value.TryGetProperty("entries", out _)))
        {
            _session.Run("ConvertTo-CriuImage -InputObject $args[0] -Destination $args[1]", FromJson(image.Value), image.Name).Single.ToString();
            Assert.True(
                File.ReadAllBytes(Path.Combine(_folder, "out/checkpoint", image.Name)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(_folder, image.Name))),
                image.Name);
        }
    }

    [Theory]
    [InlineData("@{ Type = 'PSTREE'; Entries = @(@{ pid = 1 }, @{ pid = 'x' }) }", "CriuEntryInvalid", "Entries[1].pid")]
    [InlineData("@{ Type = 'PSTREE'; Entries = @(@{ pid = 1 }, 5) }", "CriuEntryInvalid", "Entries[1]")]
    [InlineData("@{ Type = 'FILES'; Entries = @{ reg = @{ fown = @{ pid = -1 } } } }", "CriuEntryInvalid", "Entries[0].reg.fown.pid")]
    [InlineData("@{ Type = 'FILES'; Entries = @{ reg = @{ nmae = 'x' } } }", "CriuEntryInvalid", "Entries[0].reg.nmae")]
    [InlineData("& { $h = @{}; $h.children = @($h); @{ Type = 'CGROUP'; Entries = $h } }", "CriuEntryInvalid", "nested")]
    [InlineData("@{ Type = 'NOSUCH'; Entries = @() }", "CriuTypeUnknown", "NOSUCH")]
    [InlineData("@{ Type = 'PSTREE' }", "InputNotACriuImage", "Type and Entries")]
    [InlineData("5", "InputNotACriuImage", "Int32")]
    public void Other_input_is_refused_and_nothing_written(string input, string errorId, string words)
    {
        var outcome = _session.Run($"{input} | ConvertTo-CriuImage ./new.img");

        Assert.Equal(errorId, outcome.ErrorId);
        Assert.Contains(words, outcome.Error.Exception.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void A_file_is_replaced_only_with_force_and_written_only_without_whatif()
    {
        const string Tree = "@{ Type = 'PSTREE'; Entries = @{ pid = 1 } } | ConvertTo-CriuImage ./new.img";
        Assert.Empty(_session.Run(Tree + " -WhatIf").Objects);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
        Assert.Equal("14", Text(_session.Run(Tree).Single, "Size"));

        Assert.Equal("DestinationExists", _session.Run(Tree).ErrorId);
        Assert.Equal("14", Text(_session.Run(Tree + " -Force").Single, "Size"));
    }

    [Theory]
    [InlineData("'../../up.img'", "up.img")]
    [InlineData("'checkpoint/..'", null)]
    [InlineData("'checkpoint/a b.img'", null)]
    [InlineData("'pstree.txt'", null)]
    public void A_name_from_an_archive_does_not_lead_out_of_the_folder(string member, string? written)
    {
        Directory.CreateDirectory(Path.Combine(_folder, "in"));
        var outcome = _session.Run($"@{{ Type = 'PSTREE'; Member = {member}; Entries = @{{ pid = 1 }} }} | ConvertTo-CriuImage ./in");

        if (written is null)
            Assert.Equal("ImageFileNameMissing", outcome.ErrorId);
        else
            Assert.Equal(Path.Combine(_folder, "in", written), Text(outcome.Single, "Path"));
        Assert.Equal(written is null ? 0 : 1, Directory.GetFiles(_folder, "*", SearchOption.AllDirectories).Length);
    }

    [Fact]
    public void Members_are_completed_with_the_images_of_the_archive()
    {
        var names = _session.Complete($"ConvertFrom-CriuImage {Fixture.Zoo} -Member checkpoint/p");

        Assert.Contains("checkpoint/pstree.img", names);
        Assert.DoesNotContain("checkpoint/pages-1.img", names);
        Assert.DoesNotContain(_session.Complete("ConvertFrom-CriuImage ./none.tar -Member checkpoint/p"), name => name.Contains("img", StringComparison.Ordinal));
    }

    private static string Json(PSObject item, string message, string field) => Text((PSObject)item.Properties[message].Value, field)!;

    private static string Serialized(PSObject item, string field) => JsonSerializer.Serialize(Plain(item.Properties[field].Value));

    private static object? Plain(object? value) => value switch
    {
        PSObject wrapped => wrapped.Properties.ToDictionary(property => property.Name, property => Plain(property.Value)),
        byte[] bytes => bytes.Select(octet => (int)octet).ToArray(),
        object[] values => values.Select(Plain).ToArray(),
        _ => value,
    };

    private static object? FromJson(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var result = new PSObject();
                foreach (var property in element.EnumerateObject())
                    result.Properties.Add(new PSNoteProperty(property.Name, FromJson(property.Value)));
                return result;
            case JsonValueKind.Array:
                return element.EnumerateArray().Select(FromJson).ToArray();
            case JsonValueKind.Number:
                return element.TryGetInt64(out var whole) ? whole : System.Numerics.BigInteger.Parse(element.GetRawText(), System.Globalization.CultureInfo.InvariantCulture);
            case JsonValueKind.True or JsonValueKind.False:
                return element.GetBoolean();
            default:
                return element.GetString();
        }
    }
}
