using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Core.Tests.Cluster.Transfer;

public sealed class PartialFileTests
{
    [Fact]
    public async Task A_partial_file_is_readable_only_for_its_owner_and_resumes()
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
