using System.Text;
using System.Text.Json;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Archives.Contents;

/// <summary>Compares the images of real archives with /proc just before the checkpoint.</summary>
public sealed class CheckpointImagesTests
{
    [Theory]
    [InlineData("zoo-crio.tar")]
    [InlineData("delta-before-podman.tar.zst")]
    [InlineData("delta-after-podman.tar.zst")]
    public void Command_lines_are_read_from_the_pages_that_hold_them(string name)
    {
        using var truth = JsonDocument.Parse(File.ReadAllBytes(Fixture.PathOf(name + ".truth.json")));
        using var content = CheckpointContent.Open(Fixture.PathOf(name), CancellationToken.None);
        var images = new CheckpointImages(content);
        var processes = truth.RootElement.GetProperty("processes").EnumerateArray().ToList();

        Assert.Equal(processes.Select(process => process.GetProperty("pid").GetUInt32()).Order(), images.Tasks.Select(task => task.Pid).Order());
        foreach (var process in processes)
        {
            var id = process.GetProperty("pid").GetUInt32();
            var expected = string.Concat(process.GetProperty("cmdline").EnumerateArray().Select(argument => argument.GetString() + "\0"));
            Assert.Equal(expected, images.Mm(id) is { } mm ? ReadText(images, id, mm.MmArgStart, mm.MmArgEnd) : "");
        }
    }

    private static string ReadText(CheckpointImages images, uint processId, ulong start, ulong end)
    {
        var bytes = new byte[end - start];
        Assert.Equal(bytes.Length, images.Memory(processId)!.Read(start, bytes));
        return Encoding.UTF8.GetString(bytes);
    }
}
