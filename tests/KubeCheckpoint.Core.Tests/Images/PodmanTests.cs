using System.Globalization;
using KubeCheckpoint.Archives.Summaries;
using KubeCheckpoint.Core.Tests.Images.Conversion;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Images;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Core.Tests.Images;

/// <summary>A real Podman restores images made from its own checkpoint.</summary>
public sealed class PodmanTests : IDisposable
{
    private const string Script = "i=0; while :; do i=$((i+1)); echo count=$i; sleep 0.2; done";

    private readonly string _name = $"kubecheckpoint-{Guid.NewGuid():n}"[..30];
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        foreach (var container in new[] { _name, Restored })
            Podman.Try("podman", "rm", "--force", "--time", "0", container);
        Podman.Try("podman", "rmi", "--force", Reference);
        Podman.Try("rm", "-f", Export);
        _folder.Dispose();
    }

    private string Restored => _name + "-r";

    private string Reference => $"localhost/{_name}:1";

    private string Export => $"/tmp/{_name}.tar";

    [RequiresPodmanFact]
    public async Task Podman_restores_an_image_of_its_own_archive()
    {
        var (archive, last) = await CheckpointAsync("zstd");
        await LoadAsync(archive, null);

        Podman.Run("podman", "container", "restore", "--name", Restored, Reference);

        Assert.Equal(last + 1, Count(await Podman.FollowAsync(Restored, line => Count(line) > 0)));
        Assert.Equal("kept", Podman.Run("podman", "exec", Restored, "cat", "/srv/kept"));
    }

    [RequiresPodmanFact(WithBridge = true)]
    public async Task Podman_restores_what_was_made_for_crio_and_then_for_podman_again()
    {
        var (archive, last) = await CheckpointAsync("none");
        var read = await CheckpointArchiveReader.ReadAsync(archive, CancellationToken.None);
        using var criO = Converted.Of(read, new KubeCheckpoint.Images.Conversion.ConversionRequest(read, CheckpointEngine.CriO)
        {
            BaseImage = Podman.Image,
            BaseImageId = Podman.Run("podman", "image", "inspect", "--format", "{{.Id}}", Podman.Image),
        });
        await LoadAsync(criO.Merge(), CheckpointEngine.Podman);

        Podman.Run("podman", "container", "restore", "--name", Restored, Reference);

        Assert.Equal(last + 1, Count(await Podman.FollowAsync(Restored, line => Count(line) > 0)));
        Assert.Equal("kept", Podman.Run("podman", "exec", Restored, "cat", "/srv/kept"));
    }

    private async Task<(string Archive, int Last)> CheckpointAsync(string compression)
    {
        Podman.Run("podman", "run", "--detach", "--name", _name, "--network", "none", Podman.Image, "/bin/sh", "-c", Script);
        Podman.Run("podman", "exec", _name, "sh", "-c", "mkdir -p /srv && echo kept > /srv/kept");
        await Podman.FollowAsync(_name, line => Count(line) >= 3);
        Podman.Run("podman", "container", "checkpoint", "--compress", compression, "--export", Export, _name);
        var last = Podman.Run("podman", "logs", _name).Split('\n').Max(Count);
        Podman.Run("podman", "rm", _name);
        var archive = Path.Combine(_folder.Path, "export.tar");
        Podman.Fetch(Export, archive);
        return (archive, last);
    }

    private async Task LoadAsync(string archive, CheckpointEngine? target)
    {
        var image = Path.Combine(_folder.Path, "image.tar");
        await RestoreImageFactory.CreateAsync(
            new RestoreImageRequest
            {
                Archive = await CheckpointArchiveReader.ReadAsync(archive, CancellationToken.None),
                TargetRuntime = target,
                Destination = image,
                Reference = Reference,
                Registry = new RegistryOptions(),
            },
            null, CancellationToken.None);
        Podman.RunWith(image, "podman", "load");
    }

    private static int Count(string line) =>
        line.Trim() is ['c', 'o', 'u', 'n', 't', '=', .. var number] ? int.Parse(number, CultureInfo.InvariantCulture) : 0;
}
