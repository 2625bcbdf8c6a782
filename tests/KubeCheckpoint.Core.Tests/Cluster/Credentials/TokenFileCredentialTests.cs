using System.Diagnostics;
using KubeCheckpoint.Cluster.Credentials;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Cluster.Credentials;

public sealed class TokenFileCredentialTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("sesame")]
    [InlineData("sesame\n")]
    [InlineData("sesame\r\n")]
    [InlineData("\uFEFF sesame \n\n")]
    public async Task Cuts_white_space(string content) => Assert.Equal("Bearer sesame", await ReadAsync(Write(content)));

    [Fact]
    public async Task Reads_the_file_again_when_it_has_changed()
    {
        var credential = new TokenFileCredential(Write("one"), null);
        Assert.Equal("Bearer one", await HeaderAsync(credential));
        Write("two");
        Assert.Equal("Bearer two", await HeaderAsync(credential));
    }

    [UnixFact]
    public async Task Follows_the_links_of_a_projected_volume()
    {
        // As the kubelet writes it: token -> ..data/token, ..data -> a folder that is replaced.
        foreach (var generation in new[] { "one", "two" })
        {
            Directory.CreateDirectory(PathOf(generation));
            await File.WriteAllTextAsync(Path.Combine(PathOf(generation), "token"), generation);
        }

        File.CreateSymbolicLink(PathOf("..data"), "one");
        File.CreateSymbolicLink(PathOf("token"), Path.Combine("..data", "token"));
        var credential = new TokenFileCredential(PathOf("token"), null);
        Assert.Equal("Bearer one", await HeaderAsync(credential));

        File.Delete(PathOf("..data"));
        File.CreateSymbolicLink(PathOf("..data"), "two");
        Assert.Equal("Bearer two", await HeaderAsync(credential));
    }

    [Fact]
    public async Task Renews_only_a_token_that_has_changed()
    {
        var credential = new TokenFileCredential(Write("one"), null);
        var refused = await credential.GetAsync(default);
        Assert.Null(await credential.RenewAsync(refused, default));
        Write("two");
        Assert.Equal("Bearer two", (await credential.RenewAsync(refused, default))!.Authorization!.ToString());
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData(" \n", "is empty")]
    [InlineData("two words", "characters")]
    [InlineData("two\nlines", "characters")]
    [InlineData("t\u00F6ken", "characters")]
    public async Task Names_the_file_of_an_unusable_token(string content, string problem)
    {
        var path = Write(content);
        var failure = await Failing.WithAsync("TokenFileInvalid", () => ReadAsync(path));
        Assert.Contains(path, failure.Message, StringComparison.Ordinal);
        Assert.Contains(problem, failure.Message, StringComparison.Ordinal);
        Assert.Equal(FailureCategory.AuthenticationError, failure.Category);
    }

    [Fact]
    public async Task Refuses_a_file_that_no_token_needs()
    {
        var failure = await Failing.WithAsync("TokenFileInvalid", () => ReadAsync(Write(new string('t', 64 * 1024 + 1))));
        Assert.Contains("64 KiB", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("missing/token")]
    [InlineData("")]
    public async Task Names_a_file_that_cannot_be_read(string name)
    {
        var failure = await Failing.WithAsync("TokenFileInvalid", () => ReadAsync(PathOf(name)));
        Assert.Contains(PathOf(name), failure.Message, StringComparison.Ordinal);
    }

    [UnixFact]
    public async Task A_pipe_that_nobody_writes_to_ends_with_a_cancellation()
    {
        var pipe = PathOf("pipe");
        using (var make = Process.Start("mkfifo", pipe))
            await make.WaitForExitAsync();
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        var reading = Task.Run(() => new TokenFileCredential(pipe, null).GetAsync(cancellation.Token).AsTask(), default);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.WaitAsync(TimeSpan.FromSeconds(10)));

        // Ends the wait for a writer.
        File.OpenHandle(pipe, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite).Dispose();
    }

    private static Task<string> ReadAsync(string path) => HeaderAsync(new TokenFileCredential(path, null));

    private static async Task<string> HeaderAsync(TokenFileCredential credential) => (await credential.GetAsync(default)).Authorization!.ToString();

    private string PathOf(string name) => Path.Combine(_folder.Path, name);

    private string Write(string content)
    {
        File.WriteAllText(PathOf("tok"), content);
        return PathOf("tok");
    }
}
