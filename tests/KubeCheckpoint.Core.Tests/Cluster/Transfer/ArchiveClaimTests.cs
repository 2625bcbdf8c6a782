using System.Diagnostics;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Cluster.Transfer;

/// <summary>What a helper pod does at its end with the archives on its node, done by this machine's shells in a folder.</summary>
public sealed class ArchiveClaimTests : IDisposable
{
    private const string Helper = "kubecheckpoint-transfer-0a1b2c3d";

    private readonly string _folder = Directory.CreateTempSubdirectory("kubecheckpoint-claims").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [UnixTheory]
    [InlineData("sh")]
    [InlineData("bash")]
    public void Only_what_is_marked_with_the_name_of_the_pod_is_removed(string shell)
    {
        string[] others =
        [
            "app-1.kubecheckpoint-transfer-ffffffff.tar", "app-1.kubecheckpoint-transfer-ffffffff.requested", "checkpoint-web_shop-app-2026-11-30T10:00:00Z.tar",
            $"{Helper}.tar", "notes.txt", "-rf",
        ];
        foreach (var name in (string[])[$"app-1.{Helper}.tar", $"app-2.{Helper}.tar", $"app-3.{Helper}.requested", .. others])
            File.WriteAllText(Path.Join(_folder, name), "x\n");

        Assert.Equal("", End(shell));

        Assert.Equal(others.Order(StringComparer.Ordinal), Names());
    }

    [UnixTheory]
    [InlineData("sh")]
    [InlineData("bash")]
    public void An_archive_that_may_be_the_awaited_one_is_reported_and_stays(string shell)
    {
        const string Earlier = "checkpoint-web_shop-app-2026-11-30T10:00:00Z.tar";
        const string Later = "checkpoint-web_shop-app-2026-11-30T10:05:00+01:00.tar";
        const string OfAnother = "checkpoint-web2_shop-app-2026-11-30T10:05:00Z.tar";
        var requestedAt = DateTime.UtcNow.AddMinutes(-5);
        Write(Earlier, requestedAt.AddSeconds(-1));
        Write($"app-1.{Helper}.requested", requestedAt, "checkpoint-web_shop-app-\n");
        Write(Later, requestedAt.AddSeconds(1));
        Write(OfAnother, requestedAt.AddSeconds(1));

        // Asked before the end of the pod, it can say so again.
        Assert.Equal(Later + "\n", End(shell));
        Assert.Equal(Later + "\n", End(shell));
        Assert.Equal([$"app-1.{Helper}.requested", OfAnother, Earlier, Later], Names());

        var report = Path.Join(_folder, "report");
        Assert.Equal("", End(shell, report));
        Assert.Equal(Later + "\n", File.ReadAllText(report));
        Assert.Equal([OfAnother, Earlier, Later, "report"], Names());
    }

    [UnixTheory]
    [InlineData("sh")]
    [InlineData("bash")]
    public void The_archive_of_a_pod_of_the_module_is_removed(string shell)
    {
        var requestedAt = DateTime.UtcNow.AddMinutes(-5);
        Write($"transfer-1.{Helper}.requested", requestedAt, "checkpoint-kubecheckpoint-proof-01234567_kube-checkpoint-transfer-\n");
        Write("checkpoint-kubecheckpoint-proof-01234567_kube-checkpoint-transfer-2026-11-30T10:05:00Z.tar", requestedAt.AddSeconds(1));
        Write("checkpoint-kubecheckpoint-proof-76543210_kube-checkpoint-transfer-2026-11-30T10:05:00Z.tar", requestedAt.AddSeconds(1));

        Assert.Equal("", End(shell));

        Assert.Equal(["checkpoint-kubecheckpoint-proof-76543210_kube-checkpoint-transfer-2026-11-30T10:05:00Z.tar"], Names());
    }

    [UnixTheory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("checkpoint-\n")]
    [InlineData("*\n")]
    public void A_request_that_names_no_container_reports_nothing(string content)
    {
        var requestedAt = DateTime.UtcNow.AddMinutes(-5);
        Write($"app-1.{Helper}.requested", requestedAt, content);
        Write("checkpoint-web_shop-app-2026-11-30T10:05:00Z.tar", requestedAt.AddSeconds(1));

        Assert.Equal("", End("sh"));

        Assert.Equal(["checkpoint-web_shop-app-2026-11-30T10:05:00Z.tar"], Names());
    }

    [Theory]
    [InlineData("checkpoint-web_shop-app-2026-11-30T10:05:00+01:00.tar", true)]
    [InlineData("checkpoint-web_shop-app-2026-11-30T10:05:00Z.tar;reboot", false)]
    [InlineData("checkpoint-../../etc/shadow.tar", false)]
    [InlineData("checkpoint-$(reboot).tar", false)]
    [InlineData("kubelet.conf", false)]
    public void A_report_names_archives_only(string name, bool isOne) => Assert.Equal(isOne, ArchiveClaim.IsArchiveName(name));

    private string End(string shell, string? report = null)
    {
        using var process = Process.Start(new ProcessStartInfo(shell, ["-c", ArchiveClaim.EndScript(Helper, _folder, report)]) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }

    private void Write(string name, DateTime time, string content = "x")
    {
        var path = Path.Join(_folder, name);
        File.WriteAllText(path, content);
        File.SetLastWriteTimeUtc(path, time);
    }

    private IEnumerable<string> Names() => Directory.GetFiles(_folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);
}
