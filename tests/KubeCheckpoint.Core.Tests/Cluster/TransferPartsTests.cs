using System.Text;
using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Core.Tests.Cluster;

public sealed class TransferPartsTests
{
    [Fact]
    public void Channel_comes_from_the_first_byte_of_a_message_only()
    {
        var frames = new ExecFrames();
        Assert.Equal((ExecChannel.Output, "ab"), Next(frames, "\u0001ab", end: false));
        Assert.Equal((ExecChannel.Output, "\u0002c"), Next(frames, "\u0002c", end: true));
        Assert.Equal((ExecChannel.ErrorOutput, "d"), Next(frames, "\u0002d", end: true));
        Assert.Equal((null, ""), Next(frames, "", end: true));
        Assert.Equal((ExecChannel.Output, ""), Next(frames, "\u0001", end: false));
        Assert.Equal((ExecChannel.Output, "e"), Next(frames, "e", end: true));
        Assert.Equal((ExecChannel.Status, "{}"), Next(frames, "\u0003{}", end: true));

        static (ExecChannel?, string) Next(ExecFrames frames, string piece, bool end)
        {
            var (channel, payload) = frames.Next(Encoding.Latin1.GetBytes(piece), end);
            return (channel, Encoding.Latin1.GetString(payload.Span));
        }
    }

    [Theory]
    [InlineData("""{"metadata":{},"status":"Success"}""", 0)]
    [InlineData("""{"metadata":{},"status":"Failure","message":"command terminated with non-zero exit code","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"2"}]}}""", 2)]
    public void The_status_channel_tells_the_exit_code(string status, int exitCode) => Assert.Equal(exitCode, ExecResult.Parse(status, "").ExitCode);

    [Theory]
    [InlineData("""{"status":"Failure","message":"container not found","reason":"InternalError"}""")]
    [InlineData("not json")]
    [InlineData("""{"status":"Failure","reason":"NonZeroExitCode"}""")]
    public void A_command_whose_end_is_not_known_is_broken(string status) => Assert.Throws<ExecBrokenException>(() => ExecResult.Parse(status, ""));

    [Theory]
    [InlineData("checkpoint-web_shop-app-2026-11-23T06:45:23Z.tar", "checkpoint-web_shop-app-2026-11-23T06-45-23Z.tar")]
    [InlineData("checkpoint-web_shop-app-2026-11-23T06:45:23+01:00.tar", "checkpoint-web_shop-app-2026-11-23T06-45-23+01-00.tar")]
    [InlineData("a\\b|c?.tar", "a-b-c-.tar")]
    [InlineData("con.tar", "_con.tar")]
    [InlineData("LPT1", "_LPT1")]
    [InlineData("x.tar. ", "x.tar")]
    [InlineData("...", "checkpoint.tar")]
    public void File_names_are_legal_on_every_system(string nodeName, string name) => Assert.Equal(name, LocalArchiveName.From(nodeName));

    [Fact]
    public void Long_names_are_shortened_and_stay_different()
    {
        var one = LocalArchiveName.From(new string('a', 249) + "1.tar");
        var two = LocalArchiveName.From(new string('a', 249) + "2.tar");
        Assert.NotEqual(one, two);
        Assert.All(new[] { one, two }, name => Assert.True(name.Length <= 230 && name.EndsWith(".tar", StringComparison.Ordinal), name));
        Assert.True(Encoding.UTF8.GetByteCount(LocalArchiveName.From(new string('ä', 126) + ".tar")) <= 230);
    }

    [Theory]
    [InlineData("/var/lib/kubelet/checkpoints/a.tar", true)]
    [InlineData("/var/lib/kubelet/checkpoints/it's.tar", true)]
    [InlineData("relative/a.tar", false)]
    [InlineData("/a.tar", false)]
    [InlineData("/var/../etc/shadow", false)]
    [InlineData("/var//a.tar", false)]
    [InlineData("/var/lib/", false)]
    [InlineData("/var/lib/a\nb.tar", false)]
    [InlineData("", false)]
    public void Only_plain_absolute_paths_on_a_node_are_taken(string path, bool isValid)
    {
        if (isValid)
            Assert.Equal(path, NodePath.Parse(path).ToString());
        else
            Assert.Equal("NodePathInvalid", Assert.Throws<KubeCheckpointException>(() => NodePath.Parse(path)).ErrorId);
    }

    [Fact]
    public void Quoted_words_mean_themselves_to_a_shell() => Assert.Equal(@"'$(rm -rf /)'\''`x`'", ShellWord.Quote("$(rm -rf /)'`x`"));

    [Fact]
    public void Tools_may_be_applets_that_are_not_linked()
    {
        var tools = HelperTools.Parse("dd dd\nwc wc\nsha256sum busybox sha256sum\n");
        Assert.Equal("busybox sha256sum", tools["sha256sum"]);
        Assert.Empty(tools.Missing(forRemoval: false));
        Assert.Equal(["rm"], tools.Missing(forRemoval: true));
        Assert.Equal(["dd (or tail and head)", "wc (or stat)", "sha256sum"], HelperTools.Parse("").Missing(forRemoval: false));
    }

    [Fact]
    public void The_helper_has_no_more_rights_than_it_needs()
    {
        var options = new ArchiveTransferOptions { Image = "busybox:1", PullPolicy = "Never", Deadline = TimeSpan.FromMinutes(10) };
        var spec = JsonNode.Parse(HelperPodManifest.Build("h", "n1", HelperRole.Transfer("/var/lib/kubelet/checkpoints", options), options))!["spec"]!;
        var container = spec["containers"]![0]!;
        var security = container["securityContext"]!;

        Assert.Equal("n1", (string?)spec["nodeName"]);
        Assert.Equal(600, (long?)spec["activeDeadlineSeconds"]);
        Assert.False((bool?)spec["automountServiceAccountToken"]);
        Assert.Equal("Exists", (string?)spec["tolerations"]![0]!["operator"]);
        Assert.Equal("Never", (string?)container["imagePullPolicy"]);
        Assert.True((bool?)container["volumeMounts"]![0]!["readOnly"]);
        Assert.False((bool?)security["privileged"]);
        Assert.False((bool?)security["allowPrivilegeEscalation"]);
        Assert.True((bool?)security["readOnlyRootFilesystem"]);
        Assert.Equal("ALL", (string?)security["capabilities"]!["drop"]![0]);

        var remover = options with { RemoveSource = true };
        var removing = JsonNode.Parse(HelperPodManifest.Build("h", "n1", HelperRole.Transfer("/c", remover), remover))!;
        Assert.False((bool?)removing["spec"]!["containers"]![0]!["volumeMounts"]![0]!["readOnly"]);
    }

    [Fact]
    public async Task A_partial_file_is_its_owners_alone_and_goes_on_where_it_was()
    {
        var folder = Directory.CreateTempSubdirectory("kubecheckpoint-");
        try
        {
            var path = Path.Combine(folder.FullName, "a.tar.partial");
            await using (var file = await PartialFile.OpenAsync(path, 6, default))
                await file.AppendAsync("abc"u8.ToArray());
            if (!OperatingSystem.IsWindows())
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));

            await using (var file = await PartialFile.OpenAsync(path, 6, default))
            {
                Assert.Equal(3, file.Length);
                await file.AppendAsync("def"u8.ToArray());
                Assert.Equal("bef57ec7f53a6d40beb640a780a639c83bc29ac8a9816f1fc6c5c6dcd93c4721", file.CurrentHash());
            }

            Assert.Equal("abcdef", await File.ReadAllTextAsync(path));
            await using (var file = await PartialFile.OpenAsync(path, 2, default))
                Assert.Equal(0, file.Length);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
