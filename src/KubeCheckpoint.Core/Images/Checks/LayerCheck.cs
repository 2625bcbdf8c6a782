using System.Security.Cryptography;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Images.Stores;

namespace KubeCheckpoint.Images.Checks;

/// <summary>Reads a layer once: its digest and size, the digest of its tar, and the members in it.</summary>
internal sealed class LayerCheck(IImageStore store, ImageReport report, LayerMembers members, CancellationToken cancellationToken)
{
    private const int BufferSize = 1024 * 1024;

    /// <param name="layer">The layer.</param>
    /// <param name="part">What findings call it.</param>
    /// <param name="diffId">The digest its tar should have, or null where the config does not say.</param>
    /// <param name="meter">Is told what is read.</param>
    public void Run(OciDescriptor layer, string part, string? diffId, TransferMeter meter)
    {
        try
        {
            using var source = store.OpenBlob(layer, cancellationToken);
            if (source.Length != layer.Size)
                report.Error(nameof(ImageFailure.DigestMismatch), part, $"It has {source.Length} bytes where the manifest says {layer.Size}.");
            using var hash = BlobCheck.HashFor(layer.Digest);
            // Headers are read in small pieces, and a registry is better asked for large ones.
            using var buffered = new BufferedStream(new ByteSourceStream(source, 0, source.Length), BufferSize);
            using var blob = new WatchedStream(buffered, bytes =>
            {
                cancellationToken.ThrowIfCancellationRequested();
                hash.AppendData(bytes);
                meter.Add(bytes.Length);
            });
            ReadTar(layer, part, diffId, blob);
            blob.ReadToEnd(_ => { });
            if (BlobCheck.DigestOf(hash) is var actual && actual != layer.Digest)
                report.Error(nameof(ImageFailure.DigestMismatch), part, $"It has the digest {actual} where the manifest says {layer.Digest}.");
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
            report.Error("MediaType", part, $"'{layer.MediaType}' is no media type of a layer.");
            return;
        }
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            using var plain = compression == ArchiveCompression.None ? null : new DecompressedStream(layer.Digest, blob, compression);
            var tar = new WatchedStream(plain ?? blob, hash.AppendData);
            Scan(tar, layer, part);
            tar.ReadToEnd(_ => { });
            var actual = Digest.FromSha256(hash.GetHashAndReset()).ToString();
            if (diffId is not null && diffId != actual)
                report.Error("DiffId", part, $"Its tar has the digest {actual} where the config says {diffId}.");
        }
        catch (KubeCheckpointException failure) when (failure.ErrorId.StartsWith("Archive", StringComparison.Ordinal) || failure.ErrorId == nameof(ArchiveFailure.NotAnArchive))
        {
            report.Error(failure.ErrorId, part, failure.Message);
        }
    }

    private void Scan(WatchedStream tar, OciDescriptor layer, string part)
    {
        var scanner = new TarScanner(tar, layer.Digest, cancellationToken);
        while (scanner.Next() is { } member)
        {
            members.Visit(member, () => Read(scanner, layer, member));
            if (member.Kind is ArchiveMemberKind.File or ArchiveMemberKind.Directory)
                continue;
            var target = scanner.ReadAttributes().LinkTarget;
            if (target is not null && LeavesImage(member, target))
                report.Add(FindingSeverity.Error, "Link", part, member.Name, $"It is a link to '{target}', outside of the image.");
            else
                report.Add(FindingSeverity.Warning, "UnexpectedMember", part, member.Name, $"It is of kind {member.Kind}; engines write files and folders.");
        }
    }

    private static byte[] Read(TarScanner scanner, OciDescriptor layer, ArchiveMember member)
    {
        if (member.Size > ArchiveLimits.JsonMemberSize)
            throw ArchiveFailure.ArchiveMemberTooLarge(layer.Digest, member, ArchiveLimits.JsonMemberSize);
        var bytes = new byte[member.Size];
        scanner.OpenData().ReadExactly(bytes);
        return bytes;
    }

    // A symbolic link's target counts from where the link lies, a hard link's from the root.
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
