using System.Text;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Archives.Tar;
using KubeCheckpoint.Criu;

namespace KubeCheckpoint.Archives.Contents;

/// <summary>
/// Finds the pages of processes in an archive whose bytes pass, so that they need not be kept. Where the archive is compressed, or a header in it
/// can be read in two ways, nothing that follows counts as pages.
/// </summary>
internal sealed class PassingPages
{
    private const string NameStart = ImageFolders.Default + "pages-";

    private readonly byte[] _header = new byte[TarHeader.BlockSize];
    private readonly List<OmittedRange> _found = [];

    private TarExtensions _extensions = new(Encoding.UTF8);
    private int _headerLength;

    // The data of the current member, or of the current header that describes the next one.
    private long _left;
    private bool _isPages;
    private byte[]? _extension;
    private int _extensionSize;
    private char _extensionType;
    private bool _hasEnded;
    private long _position;

    /// <summary>The pages that have passed, or begun to.</summary>
    public IReadOnlyList<OmittedRange> Found => _found;

    /// <summary>The archive passes again, from its first byte.</summary>
    public void Restart()
    {
        _found.Clear();
        _extensions = new(Encoding.UTF8);
        (_headerLength, _left, _position, _isPages, _hasEnded, _extension) = (0, 0, 0, false, false, null);
    }

    /// <summary>The next bytes pass.</summary>
    /// <returns>How many of them are alike, and whether these are pages.</returns>
    public (int Count, bool ArePages) Pass(ReadOnlySpan<byte> bytes)
    {
        var (count, arePages) = (bytes.Length, _isPages && _left > 0);
        if (_left > 0)
            PassData(bytes[..(count = (int)Math.Min(count, _left))]);
        else if (!_hasEnded)
            PassHeader(bytes[..(count = Math.Min(count, _header.Length - _headerLength))]);
        _position += count;
        return (count, arePages);
    }

    private void PassData(ReadOnlySpan<byte> bytes)
    {
        if (_extension is not null)
            bytes.CopyTo(_extension.AsSpan(_extension.Length - (int)_left));
        _left -= bytes.Length;
        if (_left > 0 || _extension is not { } data)
            return;
        _extension = null;
        _hasEnded = _extensions.Add(_extensionType, data.AsSpan(0, _extensionSize), data.AsSpan(_extensionSize), _position) is not null;
    }

    private void PassHeader(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_header.AsSpan(_headerLength));
        _headerLength += bytes.Length;
        if (_headerLength < _header.Length)
            return;
        _headerLength = 0;
        _hasEnded = !TryBegin(new TarHeader(_header), _position + bytes.Length);
    }

    private bool TryBegin(TarHeader header, long offset)
    {
        _isPages = false;
        if (header.IsZero || !header.HasValidChecksum() || header.FindProblem() is not null || !header.TryGetSize(out var size))
            return false;
        if (header.TypeFlag is 'x' or 'L' or 'K')
            return TryBeginExtension(header.TypeFlag, size);
        if (header.TypeFlag != 'g')
        {
            size = _extensions.Pax.Size ?? size;
            if (size > long.MaxValue - offset - TarHeader.BlockSize)
                return false;
            if (header.TypeFlag == 'S' || _extensions.Pax.IsSparse || (size > 0 && header.TypeFlag is not ('0' or '\0')))
                return false;
            BeginMember(MemberName.Clean(_extensions.Name ?? header.Name, out _), size, offset);
            _extensions = new(Encoding.UTF8);
        }
        _left = size > long.MaxValue - TarHeader.BlockSize ? size : TarScanner.Padded(size);
        return true;
    }

    private void BeginMember(string? name, long size, long offset)
    {
        _isPages = name?.StartsWith(NameStart, StringComparison.Ordinal) == true && name.EndsWith(CriuImageName.Ending, StringComparison.Ordinal);
        if (_isPages && size > 0)
            _found.Add(new(name!, offset, offset + TarScanner.Padded(size)));
    }

    private bool TryBeginExtension(char type, long size)
    {
        if (size > ArchiveLimits.ExtendedHeaderSize)
            return false;
        (_extensionType, _extensionSize) = (type, (int)size);
        _left = TarScanner.Padded(size);
        _extension = new byte[_left];
        return size > 0;
    }
}
