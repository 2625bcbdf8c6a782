using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>
/// The <c>.partial</c> file that receives an archive. From the first byte, only its owner can read it, since it contains the memory of a
/// process. It is hashed as it is written.
/// </summary>
internal sealed class PartialFile : IAsyncDisposable
{
    public const string Suffix = ".partial";

    private const int BufferSize = 1024 * 1024;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly FileStream _stream;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    private PartialFile(FileStream stream) => _stream = stream;

    public long Length { get; private set; }

    /// <summary>Opens or creates the file and hashes what an earlier run has left in it, if that can be the beginning of the archive.</summary>
    public static async Task<PartialFile> OpenAsync(string path, long expectedSize, CancellationToken cancellationToken)
    {
        // A link planted here would redirect the archive.
        if (new FileInfo(path) is { LinkTarget: not null } link)
            link.Delete();
        var stream = Open(path, FileMode.OpenOrCreate);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(stream.SafeFileHandle, OwnerOnly);
        return await ContinueAsync(new PartialFile(stream), expectedSize, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Continues a file without a name, which whoever created it closes.</summary>
    public static Task<PartialFile> OpenAsync(SafeFileHandle unnamed, long expectedSize, CancellationToken cancellationToken)
    {
        var stream = new FileStream(unnamed, FileAccess.ReadWrite, BufferSize, isAsync: false) { Position = 0 };
        return ContinueAsync(new PartialFile(stream), expectedSize, cancellationToken);
    }

    private static async Task<PartialFile> ContinueAsync(PartialFile file, long expectedSize, CancellationToken cancellationToken)
    {
        try
        {
            if (file._stream.Length > expectedSize)
                file._stream.SetLength(0);
            await file.HashExistingAsync(cancellationToken).ConfigureAwait(false);
            return file;
        }
        catch
        {
            await file.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Opens a file that only its owner can read, from its creation on.</summary>
    public static FileStream Open(string path, FileMode mode)
    {
        var options = new FileStreamOptions
        {
            Mode = mode,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = BufferSize,
            Options = FileOptions.Asynchronous,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;
        return new(path, options);
    }

    public async ValueTask AppendAsync(ReadOnlyMemory<byte> bytes)
    {
        await _stream.WriteAsync(bytes).ConfigureAwait(false);
        _hash.AppendData(bytes.Span);
        Length += bytes.Length;
    }

    /// <summary>The sha256 of the file's content, in lower-case hexadecimal digits.</summary>
    public string CurrentHash() => Convert.ToHexStringLower(_hash.GetCurrentHash());

    /// <summary>Discards the content of the file.</summary>
    public void Restart()
    {
        _stream.SetLength(0);
        _stream.Position = 0;
        _hash.GetHashAndReset();
        Length = 0;
    }

    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        await _stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        _stream.Flush(flushToDisk: true);
    }

    public async ValueTask DisposeAsync()
    {
        _hash.Dispose();
        await _stream.DisposeAsync().ConfigureAwait(false);
    }

    private async Task HashExistingAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferSize];
        int count;
        while ((count = await _stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            _hash.AppendData(buffer, 0, count);
            Length += count;
        }
    }
}
