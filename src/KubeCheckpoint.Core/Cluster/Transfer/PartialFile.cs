using System.Security.Cryptography;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.IO;
using Microsoft.Win32.SafeHandles;

namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>
/// The <c>.partial</c> file that receives an archive. From the first byte, only its owner can read it, since it contains the memory of a
/// process. It is hashed as it is written. A file without a name can leave out the pages of processes, which are only hashed then.
/// </summary>
internal sealed class PartialFile : IAsyncDisposable
{
    public const string Suffix = ".partial";

    private const int BufferSize = 1024 * 1024;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly FileStream _stream;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    private readonly PassingPages? _pages;

    private PartialFile(FileStream stream, PassingPages? pages = null) => (_stream, _pages) = (stream, pages);

    public long Length { get; private set; }

    /// <summary>Opens or creates the file and hashes what an earlier run has left in it, if that can be the beginning of the archive.</summary>
    public static async Task<PartialFile> OpenAsync(string path, long expectedSize, CancellationToken cancellationToken)
    {
        var stream = OpenExisting(path) ?? Create(path);
        return await ContinueAsync(new PartialFile(stream), expectedSize, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Continues a file without a name, which whoever created it closes.</summary>
    public static Task<PartialFile> OpenAsync(SafeFileHandle unnamed, long expectedSize, CancellationToken cancellationToken)
    {
        var stream = new FileStream(unnamed, FileAccess.ReadWrite, BufferSize, isAsync: false) { Position = 0 };
        return ContinueAsync(new PartialFile(stream), expectedSize, cancellationToken);
    }

    /// <summary>Fills an empty file without a name with all but the pages of processes.</summary>
    public static PartialFile OpenWithoutPages(UnnamedFile unnamed)
    {
        FileHoles.Allow(unnamed.Handle);
        var pages = new PassingPages();
        unnamed.Omitted = pages.Found;
        return new(new FileStream(unnamed.Share(), FileAccess.ReadWrite, BufferSize, isAsync: false) { Position = 0 }, pages);
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

    /// <summary>Creates a file that only its owner can read, from its creation on.</summary>
    /// <exception cref="IOException">There is a file or a link of that name.</exception>
    public static FileStream Create(string path)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
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
        for (var rest = bytes; rest.Length > 0;)
        {
            var (count, arePages) = _pages?.Pass(rest.Span) ?? (rest.Length, false);
            if (arePages)
                _stream.Position += count;
            else
                await _stream.WriteAsync(rest[..count]).ConfigureAwait(false);
            rest = rest[count..];
        }

        _hash.AppendData(bytes.Span);
        Length += bytes.Length;
    }

    /// <summary>The sha256 of the file's content, in lower-case hexadecimal digits.</summary>
    public string CurrentHash() => Convert.ToHexStringLower(_hash.GetCurrentHash());

    /// <summary>The content from its beginning, to be read before anything else is appended. The caller does not close it.</summary>
    public Stream Rewind()
    {
        _stream.Position = 0;
        return _stream;
    }

    /// <summary>Discards the content of the file.</summary>
    public void Restart()
    {
        _stream.SetLength(0);
        _stream.Position = 0;
        _hash.GetHashAndReset();
        _pages?.Restart();
        Length = 0;
    }

    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        await _stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        if (_pages is null)
            _stream.Flush(flushToDisk: true);
        else if (_stream.Length < Length)
            _stream.SetLength(Length);
    }

    /// <summary>Closes the file. One without pages cannot be hashed again: it stays open, to be continued, until <see cref="CloseAsync"/>.</summary>
    public ValueTask DisposeAsync() => _pages is null ? CloseAsync() : new(_stream.FlushAsync());

    public async ValueTask CloseAsync()
    {
        _hash.Dispose();
        await _stream.DisposeAsync().ConfigureAwait(false);
    }

    // What an earlier run of this user has left. A link, a file that has another name too, or a FIFO was put there by someone else: it would
    // give the archive away or block, so it is removed. Another user's file is left alone.
    private static FileStream? OpenExisting(string path)
    {
        if (OperatingSystem.IsWindows())
            return OpenOnWindows(path);
        try
        {
            var handle = NativeFile.Open(
                NativeFile.CurrentFolder, path, NativeFile.OpenFlags.ReadWrite | NativeFile.Flags.NoFollow | NativeFile.Flags.NonBlocking);
            if (NativeFile.StatusOf(handle) is null or { IsRegular: true, Links: 1 })
                return OpenOwn(path, handle);
            handle.Dispose();
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (UnauthorizedAccessException)
            when (OperatingSystem.IsLinux() && NativeFile.StatusOf(path) is { } status && status.Owner != NativeFile.CurrentUser)
        {
            throw OfAnotherUser(path);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException || File.Exists(path) && new FileInfo(path).LinkTarget is null)
        {
            throw;
        }
        catch (IOException)
        {
            // A link, a socket or a folder, which is not deleted below.
        }
        File.Delete(path);
        return null;
    }

    private static FileStream OpenOwn(string path, SafeFileHandle handle)
    {
        try
        {
            if (NativeFile.StatusOf(handle) is { } status && status.Owner != NativeFile.CurrentUser)
                throw OfAnotherUser(path);
            if (!NativeFile.TryLock(handle))
                throw new IOException("Another process writes it.");
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(handle, OwnerOnly);
            return new(handle, FileAccess.ReadWrite, BufferSize);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private static UnauthorizedAccessException OfAnotherUser(string path) => new($"'{path}' belongs to another user, and is not resumed.");

    private static FileStream? OpenOnWindows(string path)
    {
        var file = new FileInfo(path);
        if (file.LinkTarget is not null)
            file.Delete();
        return file.Exists ? new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None, BufferSize, FileOptions.Asynchronous) : null;
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
