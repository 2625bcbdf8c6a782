using System.Diagnostics;
using System.Formats.Tar;
using System.Management.Automation;
using KubeCheckpoint.Sandbox;
using KubeCheckpoint.Tests.Engine;
using static KubeCheckpoint.Tests.Engine.ObjectProperties;

namespace KubeCheckpoint.Tests.Cmdlets;

/// <summary>Get-, Publish- and Test-RestoreImage as users type them, with the sandbox's registry.</summary>
public sealed class RestoreImageTests : IDisposable
{
    private static readonly string Archive = Fixture.Archive("crio-counter.tar");

    private readonly ClusterSession _session = new();

    public void Dispose() => _session.Dispose();

    [Fact]
    public void An_image_found_in_a_repository_is_restored()
    {
        Checkpoint("New-RestoreImage -Repository $args[0]");

        var found = _session.Run("Get-RestoreImage $args[0]", _session.Repository).Objects;
        var pod = _session.Run("Get-RestoreImage $args[0] -Tag *web-1* | Restore-Pod -NodeName node2", _session.Repository).Single;

        Assert.Equal(["web-1", "web-2"], found.Select(image => Text(image, "PodName")).Order());
        Assert.All(found, image => Assert.StartsWith(_session.Repository + ":", Text(image, "Reference"), StringComparison.Ordinal));
        Assert.Equal(("web-1-restored", "Running"), (Text(pod, "PodName"), Text(pod, "Status")));
        Assert.DoesNotContain(_session.Cluster.Requests, request => request.Server == SandboxServer.Registry && request.Method == "GET" && request.User == "" && request.Path.Contains(Text(found[0], "LayerDigest")!, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("./layout")]
    [InlineData("./image.tar")]
    public void A_written_image_is_published_and_restored(string destination)
    {
        var pod = _session.Run(
            """
            Get-Pod web-1 -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp |
                New-RestoreImage -Destination $args[1] | Publish-RestoreImage -Repository $args[0] | Restore-Pod -NodeName node2
            """,
            _session.Repository, destination).Single;

        Assert.Equal("Running", Text(pod, "Status"));
        Assert.Single(_session.Cluster.RestoredContainers);
    }

    [Theory]
    [InlineData("Get-RestoreImage ./image.tar")]
    [InlineData("Get-RestoreImage -Reference ./image.tar")]
    [InlineData("Get-RestoreImage image.tar")]
    [InlineData("Get-RestoreImage layout")]
    [InlineData("Test-RestoreImage -Reference image.tar")]
    public void A_path_in_place_of_a_name_leads_to_the_parameter_for_paths(string script)
    {
        Assert.Empty(_session.Run("New-RestoreImage $args[0] -Destination ./image.tar; New-RestoreImage $args[0] -Destination ./layout", Archive).Errors);

        var error = Assert.Single(_session.Run(script).Errors);

        Assert.StartsWith("ImageNameInvalid", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("-Path", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Get-RestoreImage ./cp", "Get-RestoreImage -Path")]
    [InlineData("Test-RestoreImage ./cp/web", "New-RestoreImage")]
    public void A_folder_in_place_of_a_name_is_recognized(string script, string advice)
    {
        Assert.Empty(_session.Run("Expand-CheckpointArchive $args[0] -Destination ./cp/web", Archive).Errors);

        var error = Assert.Single(_session.Run(script).Errors);

        Assert.Contains("is not an image name, but a file or folder", error.ErrorDetails.Message, StringComparison.Ordinal);
        Assert.Contains(advice, error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void An_oci_archive_given_as_a_checkpoint_leads_to_its_cmdlet()
    {
        Assert.Empty(_session.Run("New-RestoreImage $args[0] -Destination ./image.tar", Archive).Errors);

        var error = Assert.Single(_session.Run("Get-CheckpointArchive ./image.tar").Errors);

        Assert.Contains("it is an OCI archive", error.ErrorDetails.Message, StringComparison.Ordinal);
        Assert.Contains("Get-RestoreImage -Path", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void An_archive_that_lacks_memory_gives_a_warning_and_is_not_restored()
    {
        var archive = _session.Run("Get-Pod web-1 -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp").Single;
        RemovePages(Text(archive, "Path")!);

        var made = _session.Run("New-RestoreImage ./cp -Destination ./image.tar");
        var test = _session.Run("Test-RestoreImage -Path ./image.tar").Single;
        var restored = _session.Run("Restore-Pod ./cp -Repository $args[0] -NodeName node2", _session.Repository);

        Assert.Contains("lacks pages of memory", Assert.Single(made.Warnings).Message, StringComparison.Ordinal);
        Assert.Single(made.Objects);
        Assert.Contains("are not in the image", Text(test, "CriO"), StringComparison.Ordinal);
        Assert.Equal("PagesMissing", Assert.Single(restored.Errors).FullyQualifiedErrorId.Split(',')[0]);
        Assert.Empty(_session.Cluster.RestoredContainers);
    }

    [Fact]
    public void A_layout_is_published_as_a_whole_or_in_part()
    {
        Checkpoint("New-RestoreImage -Destination ./layout");

        var one = _session.Run("Publish-RestoreImage ./layout -Name *web-2* -Repository $args[0]", _session.Repository + "/one").Single;
        var all = _session.Run("Publish-RestoreImage ./lay* $args[0]", _session.Repository + "/all");

        Assert.Equal("web-2", Text(one, "PodName"));
        Assert.Equal("True", Text(one, "IsPushed"));
        Assert.Equal(2, all.Objects.Count);
    }

    [Fact]
    public void Images_are_copied_from_repository_to_repository()
    {
        Checkpoint("New-RestoreImage -Repository $args[0]");

        var copies = _session.Run("Get-RestoreImage $args[0] | Publish-RestoreImage -Repository $args[1]", _session.Repository, _session.Repository + "/copies").Objects;

        Assert.Equal(2, copies.Count);
        Assert.Contains(_session.Cluster.Requests, request => request.Method == "POST" && request.Path.Contains("mount=", StringComparison.Ordinal));
        Assert.Equal(2, _session.Run("Get-RestoreImage $args[0]", _session.Repository + "/copies").Objects.Count);
    }

    [Fact]
    public void WhatIf_names_images_and_destinations_and_sends_nothing()
    {
        Checkpoint("New-RestoreImage -Destination ./layout");
        var before = _session.Cluster.Requests.Count(request => request.Server == SandboxServer.Registry);

        Assert.Empty(_session.Run("Publish-RestoreImage ./layout -Repository $args[0] -WhatIf", _session.Repository).Objects);

        Assert.Equal(before, _session.Cluster.Requests.Count(request => request.Server == SandboxServer.Registry));
    }

    [Fact]
    public void Two_images_for_one_reference_are_refused()
    {
        Checkpoint("New-RestoreImage -Destination ./layout");

        var outcome = _session.Run("Publish-RestoreImage ./layout -Reference $args[0]", _session.Repository + ":same");

        Assert.Single(outcome.Output);
        Assert.Equal("RestoreImageTargetShared", outcome.ErrorId);
    }

    [Fact]
    public void A_test_says_who_could_restore_it_and_why_not()
    {
        dynamic test = _session.Run(
            "New-RestoreImage $args[0] -Repository $args[1] | Test-RestoreImage", Fixture.Archive("crio-counter.tar"), _session.Repository).Single.BaseObject;

        Assert.True((bool)test.IsWhole);
        Assert.Equal((true, false, false), ((bool)test.CriO.CanRestore, (bool)test.Containerd.CanRestore, (bool)test.Podman.CanRestore));
        Assert.Equal("there is no status.dump", (string)test.Containerd.Reasons[0]);
        var shown = _session.Session.Show("Test-RestoreImage $args[0]", (string)test.Reference);
        Assert.Contains(shown, line => line.StartsWith("WHOLE", StringComparison.Ordinal) && line.Contains("CONTAINERD", StringComparison.Ordinal));
        Assert.Contains(shown, line => line.StartsWith("yes   yes  no ", StringComparison.Ordinal) && line.Contains((string)test.Reference, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("-TargetRuntime CriO", true)]
    [InlineData("-TargetRuntime Containerd", false)]
    [InlineData("-TargetRuntime Containerd -SkipLayer", true)]
    public void Quiet_returns_a_boolean(string arguments, bool expected)
    {
        _session.Run("New-RestoreImage $args[0] -Reference r.io/a:1 -Destination ./layout | Out-Null", Fixture.Archive("crio-counter.tar"));

        Assert.Equal(expected, _session.Run($"Test-RestoreImage -Path ./layout -Quiet {arguments}").Single.BaseObject);
    }

    [Fact]
    public void Quiet_returns_false_for_a_missing_image()
    {
        Assert.Equal([false, false], _session.Run("Test-RestoreImage $args[0] -Quiet; Test-RestoreImage -LiteralPath ./absent.tar -Quiet", _session.Repository + ":none").Objects.Select(answer => answer.BaseObject));
    }

    [Fact]
    public void A_moved_tag_is_a_finding()
    {
        var tests = _session.Run(
            """
            $old = New-RestoreImage $args[0] -Reference $args[2]
            New-RestoreImage $args[1] -Reference $args[2] | Out-Null
            $old | Test-RestoreImage
            """,
            Fixture.Archive("crio-counter.tar"), Fixture.Archive("crio-multi-a.tar"), _session.Repository + ":moving");

        dynamic test = tests.Single.BaseObject;
        Assert.Equal((1, "TagMoved"), ((int)test.Findings.Length, (string)test.Findings[0].Check));
    }

    [Theory]
    [InlineData("Get-RestoreImage $args[0] -Tag none, *", "RestoreImageNotFound")]
    [InlineData("Get-RestoreImage -Reference \"$($args[0]):none\"", "RestoreImageNotFound")]
    [InlineData("Get-RestoreImage \"$($args[0])/absent\"", "RestoreImageNotFound")]
    [InlineData("Get-RestoreImage UPPER/CASE", "ImageNameInvalid")]
    [InlineData("Get-RestoreImage -LiteralPath ./absent", "ArchiveNotFound")]
    [InlineData("Get-RestoreImage -Path ./absent*", "PathMatchesNothing")]
    [InlineData("Publish-RestoreImage -LiteralPath $args[1] -Repository $args[0]", "NotAnImageLayout")]
    [InlineData("New-RestoreImage $args[1] -Destination ./x | Publish-RestoreImage", "ImageTargetInvalid")]
    [InlineData("Publish-RestoreImage ./x -Repository a.io/b -Reference a.io/b:1", "RestoreImageTargetAmbiguous")]
    [InlineData("Test-RestoreImage \"$($args[0]):none\"", "RestoreImageNotFound")]
    [InlineData("Test-RestoreImage -Path $args[1]", "NotAnImageLayout")]
    public void Problems_are_named(string script, string errorId)
    {
        _session.Run("New-RestoreImage $args[1] -Repository $args[0]", _session.Repository, Fixture.Archive("crio-counter.tar"));

        Assert.Equal(errorId, _session.Run(script, _session.Repository, Fixture.Archive("crio-counter.tar")).ErrorId);
    }

    [Theory]
    [InlineData("Get-RestoreImage {0} -Tag cou", "counter-counter-20261123t065040z")]
    [InlineData("Publish-RestoreImage ./layout -Name r", "'r.io/a:1'")]
    [InlineData("New-RestoreImage x -Compression z", "Zstd")]
    public void Completes_tags_names_and_compressions(string line, string expected)
    {
        _session.Run("New-RestoreImage $args[1] -Repository $args[0]; New-RestoreImage $args[1] -Reference r.io/a:1 -Destination ./layout", _session.Repository, Fixture.Archive("crio-counter.tar"));

        Assert.Contains(expected, _session.Session.Complete(string.Format(System.Globalization.CultureInfo.InvariantCulture, line, _session.Repository)));
    }

    [Fact]
    public void The_layer_is_compressed_on_request()
    {
        dynamic image = _session.Run("New-RestoreImage $args[0] -Repository $args[1] -Compression Gzip | Test-RestoreImage | Out-Null; Get-RestoreImage $args[1]", Fixture.Archive("crio-counter.tar"), _session.Repository).Single.BaseObject;

        Assert.Equal("Gzip", image.Compression.ToString());
        Assert.True((long)image.Size < 200_000, $"It has {image.Size} bytes.");
    }

    [Theory]
    [InlineData("Gzip")]
    [InlineData("Zstd")]
    public void A_compressed_image_is_restored(string compression)
    {
        var pod = _session.Run(
            """
            Get-Pod web-1 -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp |
                New-RestoreImage -Repository $args[0] -Compression $args[1] | Restore-Pod -NodeName node2
            """,
            _session.Repository, compression).Single;

        Assert.Equal("Running", Text(pod, "Status"));
        Assert.Single(_session.Cluster.RestoredContainers);
    }

    [Theory]
    [InlineData("Get-RestoreImage $args[0]", "tags/list")]
    [InlineData("Test-RestoreImage \"$($args[0]):one\"", "/blobs/")]
    [InlineData("New-RestoreImage $args[1] -Reference \"$($args[0]):two\"", "uploads")]
    [InlineData("New-RestoreImage $args[1] -Reference \"$($args[0]):two\" -Destination ./layout | Publish-RestoreImage", "uploads")]
    public void Ctrl_c_ends_it_within_a_second(string script, string path)
    {
        _session.Run("New-RestoreImage $args[1] -Reference \"$($args[0]):one\"", _session.Repository, Fixture.Archive("containerd-counter.tar"));
        var before = _session.Cluster.Requests.Count;
        _session.Cluster.AddFault(new SandboxFault { Server = SandboxServer.Registry, PathContains = path, NeverResponds = true, Times = int.MaxValue });
        using var shell = _session.Session.Prepare(script, _session.Repository, Fixture.Archive("crio-redis.tar"));
        var running = shell.BeginInvoke();
        Assert.True(SpinWait.SpinUntil(() => _session.Cluster.Requests.Skip(before).Any(request => request.Path.Contains(path, StringComparison.Ordinal)), TimeSpan.FromSeconds(20)));

        var clock = Stopwatch.StartNew();
        shell.Stop();

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(1.5), $"It took {clock.Elapsed}.");
        Assert.Throws<PipelineStoppedException>(() => shell.EndInvoke(running));
    }

    [Fact]
    public void Credentials_are_used_for_reading_and_writing()
    {
        using var session = new ClusterSession(new SandboxOptions { Registry = new SandboxRegistryOptions { Authentication = RegistryAuthentication.Token } });
        var script =
            """
            $secret = [System.Security.SecureString]::new()
            'sandbox-password'.ToCharArray() | ForEach-Object { $secret.AppendChar($_) }
            $login = [pscredential]::new('pusher', $secret)
            New-RestoreImage $args[0] -Reference r.io/a:1 -Destination ./layout | Publish-RestoreImage -Repository $args[1] -RegistryCredential $login | Out-Null
            Get-RestoreImage $args[1] -RegistryCredential $login | Test-RestoreImage -RegistryCredential $login -Quiet
            """;

        Assert.Equal(true, session.Run(script, Fixture.Archive("crio-counter.tar"), session.Repository).Single.BaseObject);
        Assert.Equal("RegistryUnauthorized", session.Run("Get-RestoreImage $args[0]", session.Repository).ErrorId);
    }

    private void Checkpoint(string then) => Assert.Equal(
        2,
        _session.Run($"Get-Pod web* -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp | {then}", _session.Repository).Objects.Count);

    // The last page of each process.
    private static void RemovePages(string path)
    {
        var whole = File.ReadAllBytes(path);
        using var reader = new TarReader(new MemoryStream(whole));
        using var writer = new TarWriter(File.Create(path));
        while (reader.GetNextEntry(copyData: true) is { } entry)
        {
            if (entry.Name.Contains("/pages-", StringComparison.Ordinal) && entry.DataStream is { } pages)
                pages.SetLength(pages.Length - 4096);
            writer.WriteEntry(entry);
        }
    }
}
