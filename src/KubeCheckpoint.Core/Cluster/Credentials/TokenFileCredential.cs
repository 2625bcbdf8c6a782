using System.Text;
using KubeCheckpoint.Http;

namespace KubeCheckpoint.Cluster.Credentials;

/// <summary>
/// A token in a file, which is read for each request: whoever renews the token replaces the file, often behind a link that keeps its own
/// time of change.
/// </summary>
/// <param name="path">The full path of the file.</param>
/// <param name="certificate">The client certificate to send as well, or null.</param>
internal sealed class TokenFileCredential(string path, ClientCertificate? certificate) : ICredential
{
    /// <summary>The largest file that is read, in bytes: tokens have a few KiB, and servers refuse larger headers.</summary>
    private const int LargestFile = 64 * 1024;

    public async ValueTask<RequestCredential> GetAsync(CancellationToken cancellationToken) =>
        new(RequestCredential.Bearer(await ReadAsync(cancellationToken).ConfigureAwait(false)), certificate);

    public async ValueTask<RequestCredential?> RenewAsync(RequestCredential refused, CancellationToken cancellationToken)
    {
        var current = await GetAsync(cancellationToken).ConfigureAwait(false);
        return current.Equals(refused) ? null : current;
    }

    private async Task<string> ReadAsync(CancellationToken cancellationToken)
    {
        // Nothing cancels the opening of a named pipe, or of a file on a network that is down.
        var content = await Task.Run(ReadFile, cancellationToken).WaitAsync(cancellationToken).ConfigureAwait(false);
        var token = content.Trim();
        if (token.Length == 0)
            throw CredentialFailure.TokenFileInvalid(path, "is empty.");
        return HeaderText.FindProblem(token) is { } problem
            ? throw CredentialFailure.TokenFileInvalid(path, $"has characters that a token cannot have: {problem}.")
            : token;
    }

    private string ReadFile()
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var content = new byte[LargestFile + 1];
            var length = file.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
            return length <= LargestFile
                ? Encoding.UTF8.GetString(content, 0, length).TrimStart('\uFEFF')
                : throw CredentialFailure.TokenFileInvalid(path, $"is larger than {LargestFile >> 10} KiB.");
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw CredentialFailure.TokenFileInvalid(path, "does not exist.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CredentialFailure.TokenFileInvalid(path, $"cannot be read: {exception.Message}", exception);
        }
    }
}
