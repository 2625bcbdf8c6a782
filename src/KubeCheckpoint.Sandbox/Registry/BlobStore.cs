using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.Registry;

/// <summary>Blobs as files, named by their digests, with the repositories that hold them.</summary>
internal sealed partial class BlobStore
{
    private readonly string _blobs;
    private readonly string _uploads;
    private readonly ConcurrentDictionary<(string Repository, string Digest), bool> _links = new();

    public BlobStore(string folder)
    {
        _blobs = PrivateFile.CreateFolder(Path.Join(folder, "blobs")).FullName;
        _uploads = PrivateFile.CreateFolder(Path.Join(folder, "uploads")).FullName;
    }

    public bool Holds(string repository, string digest) => _links.ContainsKey((repository, digest));

    public void Link(string repository, string digest) => _links[(repository, digest)] = true;

    public void Unlink(string repository, string digest) => _links.TryRemove((repository, digest), out _);

    public string PathOf(string digest) => Digest().IsMatch(digest)
        ? Path.Join(_blobs, digest["sha256:".Length..])
        : throw new ArgumentException($"{digest} is no sha256 digest.", nameof(digest));

    public string UploadPath(string id) => Path.Join(_uploads, id);

    /// <summary>Turns an upload into a blob if its content has the digest; otherwise deletes the upload and returns false.</summary>
    public async Task<bool> CommitAsync(string uploadPath, string repository, string digest, CancellationToken cancellationToken)
    {
        var actual = await DigestOfAsync(uploadPath, cancellationToken);
        if (actual != digest)
        {
            File.Delete(uploadPath);
            return false;
        }
        File.Move(uploadPath, PathOf(digest), overwrite: true);
        Link(repository, digest);
        return true;
    }

    public async Task<string> AddAsync(string repository, byte[] content, CancellationToken cancellationToken)
    {
        var digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content));
        await using (var file = PrivateFile.Create(PathOf(digest)))
        {
            await file.WriteAsync(content, cancellationToken);
        }
        Link(repository, digest);
        return digest;
    }

    private static async Task<string> DigestOfAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(path);
        return "sha256:" + Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken));
    }

    [GeneratedRegex(@"^sha256:[0-9a-f]{64}\z")]
    private static partial Regex Digest();

    public static bool IsDigest(string text) => Digest().IsMatch(text);
}
