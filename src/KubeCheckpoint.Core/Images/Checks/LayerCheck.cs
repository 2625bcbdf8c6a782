using System.Security.Cryptography;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Archives.Tar;
using KubeCheckpoint.Budgets;
using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Images.Stores;

namespace KubeCheckpoint.Images.Checks;

/// <summary>Reads a layer once and checks its digest, its size, the digest of its tar, and its members.</summary>
internal sealed class LayerCheck(IImageStore store, ImageReport report, LayerMembers members, CancellationToken cancellationToken)
{
    private const int BufferSize = 1024 * 1024;

    private ArchiveBudget? _budget;

    /// <param name="layer">The layer.</param>
    /// <param name="part">Its name in findings.</param>
    /// <param name="diffId">The expected digest of its tar, or null where the config has none.</param>
    /// <param name="meter">Counts the bytes read.</param>
    public void Run(OciDescriptor layer, string part, string? diffId, TransferMeter meter)
    {
        try
        {
            using var source = store.OpenBlob(layer, cancellationToken);
            if (source.Length != layer.Size)
                report.Error(nameof(ImageFailure.DigestMismatch), part, $"It has {source.Length} bytes; the manifest says {layer.Size}.");
            using var hash = layer.Digest.CreateHash();
            // Headers are read in small pieces; a registry is better read in large ones.
            using var buffered = new BufferedStream(new ByteSourceStream(source, 0, source.Length), BufferSize);
            using var blob = new WatchedStream(buffered, bytes =>
            {
                cancellationToken.ThrowIfCancellationRequested();
                hash.AppendData(bytes);
                meter.Add(bytes.Length);
            });
            ReadTar(layer, part, diffId, blob);
            blob.ReadToEnd(_ => { });
            if (Digest.Of(hash) is var actual && actual != layer.Digest)
                report.Error(nameof(ImageFailure.DigestMismatch), part, $"It has the digest {actual}; the manifest says {layer.Digest}.");
        }
        catch (KubeCheckpointException failure) when (ImageReport.IsOfImage(failure))
        {
            report.Error(failure.ErrorId, part, failure.Message);
        }
        members.EndLayer();
    }

    private void ReadTar(OciDescriptor layer, string part, string? diffId, Stream blob)
    {
        if (OciMediaTypes.CompressionOf(layer.MediaType) is not { } compression)
        {
            report.Error("MediaType", part, $"'{layer.MediaType}' is not the media type of a layer.");
            return;
        }
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            using var plain = compression == ArchiveCompression.None ? null : new DecompressedStream(layer.Digest.ToString(), blob, compression);
            var tar = new WatchedStream(plain ?? blob, hash.AppendData);
            Scan(tar, layer, part);
            tar.ReadToEnd(_ => { });
            if (plain?.Padding is > 0 and var padding)
                report.Error("Padding", part, $"{padding} zeros follow its gzip data, which runtimes take for damage.");
            var actual = Digest.Of(hash).ToString();
            if (diffId is not null && diffId != actual)
                report.Error("DiffId", part, $"Its tar has the digest {actual}; the config says {diffId}.");
        }
        catch (KubeCheckpointException failure) when (failure.Category == FailureCategory.InvalidData)
        {
            report.Error(failure.ErrorId, part, failure.Message);
        }
    }

    private void Scan(WatchedStream tar, OciDescriptor layer, string part)
    {
        var scanner = OpenScanner(tar, layer);
        while (scanner.Next() is { } member)
        {
            members.Visit(member, () => member.LinkedTo is null ? Read(scanner, layer, member) : ReadLinked(layer, member));
            if (member.Kind is ArchiveMemberKind.File or ArchiveMemberKind.Directory)
                continue;
            var target = scanner.ReadAttributes().LinkTarget;
            if (target is not null && LeavesImage(member, target))
                report.Add(FindingSeverity.Error, "Link", part, member.Name, $"It is a link to '{target}', outside the image.");
            else
                report.Add(FindingSeverity.Warning, "UnexpectedMember", part, member.Name, $"Its kind is {member.Kind}; engines write files and folders.");
        }
    }

    // What a link leads to has been passed by then: the layer is read again.
    private byte[] ReadLinked(OciDescriptor layer, ArchiveMember link)
    {
        using var source = store.OpenBlob(layer, cancellationToken);
        using var blob = new ByteSourceStream(source, 0, source.Length);
        var compression = OciMediaTypes.CompressionOf(layer.MediaType) ?? ArchiveCompression.None;
        using Stream tar = compression == ArchiveCompression.None ? blob : new DecompressedStream(layer.Digest.ToString(), blob, compression);
        var scanner = OpenScanner(tar, layer);
        while (scanner.Next() is { } member)
        {
            if (member.DataOffset == link.DataOffset)
                return Read(scanner, layer, member);
        }
        throw ArchiveFailure.ArchiveTruncated(layer.Digest.ToString(), link.Name, link.HeaderOffset);
    }

    private TarScanner OpenScanner(Stream tar, OciDescriptor layer) =>
        new(tar, layer.Digest.ToString(), cancellationToken, TarContent.Layer, BudgetOf(layer));

    private ArchiveBudget BudgetOf(OciDescriptor layer) => _budget?.Path == layer.Digest.ToString()
        ? _budget
        : _budget = new ArchiveBudget(layer.Digest.ToString(), layer.Size);

    private byte[] Read(TarScanner scanner, OciDescriptor layer, ArchiveMember member)
    {
        if (member.Size > ArchiveLimits.JsonMemberSize)
            throw ArchiveFailure.ArchiveMemberTooLarge(layer.Digest.ToString(), member, ArchiveLimits.JsonMemberSize);
        BudgetOf(layer).DrawMemory(member.Size, "the images that runtimes read", member.Name);
        var bytes = new byte[member.Size];
        scanner.OpenData().ReadExactly(bytes);
        return bytes;
    }

    // The target of a symbolic link is relative to its folder, that of a hard link to the root.
    private static bool LeavesImage(ArchiveMember member, string target)
    {
        if (target.StartsWith('/'))
            return true;
        var depth = member.Kind == ArchiveMemberKind.SymbolicLink ? member.Name.Count(character => character == '/') : 0;
        foreach (var step in target.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(step => step != "."))
        {
            depth += step == ".." ? -1 : 1;
            if (depth < 0)
                return true;
        }
        return false;
    }
}
