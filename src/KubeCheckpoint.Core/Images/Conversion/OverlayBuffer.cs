using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Budgets;
using KubeCheckpoint.Images.Oci;
using Microsoft.Win32.SafeHandles;

namespace KubeCheckpoint.Images.Conversion;

/// <summary>Holds an overlay while it is written: in memory as long as it is small, then in a <see cref="TemporaryFile"/>.</summary>
/// <param name="archivePath">Its name in failures.</param>
/// <param name="createFile">Creates the file.</param>
/// <param name="budget">What the overlay draws from; null for no limit.</param>
internal sealed class OverlayBuffer(string archivePath, Func<SafeFileHandle> createFile, ArchiveBudget? budget = null) : WriteOnlyStream
{
    private const int LargestInMemory = 1024 * 1024;

    private MemoryStream? _memory = new();
    private SafeFileHandle? _file;
    private long _length;
    private long _asked;

    public override long Length => _length;

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        budget?.DrawOutput(buffer.Length, "the layer with what is converted");
        if (_memory is not null && _length + buffer.Length > LargestInMemory)
            MoveToFile(_memory);
        WriteAt(buffer, _length);
        _length += buffer.Length;
    }

    /// <summary>Overwrites bytes.</summary>
    public void Patch(ReadOnlySpan<byte> bytes, long offset) => WriteAt(bytes, offset);

    /// <summary>Hands over the content; disposing the buffer then does not affect it.</summary>
    public IByteSource ToSource()
    {
        IByteSource source = _file is { } file
            ? new FileByteSource(archivePath, file, _length)
            : new Bytes(archivePath, _memory!.GetBuffer().AsMemory(0, (int)_length));
        _file = null;
        _memory = null;
        return source;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _file?.Dispose();
        base.Dispose(disposing);
    }

    private void MoveToFile(MemoryStream memory)
    {
        try
        {
            _file = createFile();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw ConversionFailure.OverlayNotWritable(archivePath, TemporaryFile.Folder, exception);
        }
        _memory = null;
        WriteAt(memory.GetBuffer().AsSpan(0, (int)_length), 0);
    }

    private void WriteAt(ReadOnlySpan<byte> bytes, long offset)
    {
        if (_memory is not null)
        {
            _memory.Position = offset;
            _memory.Write(bytes);
            return;
        }
        try
        {
            if (offset >= _asked)
                _asked = FreeSpace.RequireStep(TemporaryFile.Folder, offset);
            RandomAccess.Write(_file!, bytes, offset);
        }
        catch (IOException exception)
        {
            throw ConversionFailure.OverlayNotWritable(archivePath, TemporaryFile.Folder, exception);
        }
    }

    /// <summary>Content in memory.</summary>
    private sealed class Bytes(string path, ReadOnlyMemory<byte> content) : IByteSource
    {
        public string Path => path;

        public long Length => content.Length;

        public int Read(Span<byte> buffer, long offset)
        {
            var rest = content.Span[(int)Math.Min(offset, content.Length)..];
            var count = Math.Min(buffer.Length, rest.Length);
            rest[..count].CopyTo(buffer);
            return count;
        }

        public void Dispose()
        {
        }
    }
}
