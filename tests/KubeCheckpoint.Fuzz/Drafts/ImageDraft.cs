using System.Text;
using KubeCheckpoint.Fuzz.Mutators;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Fuzz.Drafts;

/// <summary>An image in a tar, whose documents are changed and whose digests are right again after it.</summary>
/// <param name="seed">The seed.</param>
/// <param name="config">The image's config.</param>
/// <param name="layer">The layer.</param>
internal sealed class ImageDraft(string seed, byte[] config, byte[] layer) : IDraft
{
    private const string DigestMark = "DIGEST";
    private const string SizeMark = "4242424242";

    private byte[] _config = config;
    private byte[] _layer = layer;
    private byte[] _manifest = Encoding.UTF8.GetBytes(
        $$$"""
        {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","annotations":{"io.kubernetes.cri-o.annotations.checkpoint.name":"counter","io.container.checkpoint.annotations.checkpoint.name":"counter"},
        "config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{{{DigestMark}}}C","size":{{{SizeMark}}}1},
        "layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{{{DigestMark}}}L","size":{{{SizeMark}}}2}]}
        """);

    private byte[] _index = Encoding.UTF8.GetBytes(
        $$$"""
        {"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json",
        "digest":"{{{DigestMark}}}M","size":{{{SizeMark}}}3,"annotations":{"org.opencontainers.image.ref.name":"counter"}}]}
        """);

    public string Seed => seed;

    public void Mutate(FuzzRandom random)
    {
        switch (random.Next(8))
        {
            case 0:
                _layer = TarMutator.Instance.Mutate(_layer, random);
                break;
            case 1 or 2:
                _config = JsonMutator.Instance.Mutate(_config, random);
                break;
            case 3 or 4:
                _index = JsonMutator.Instance.Mutate(_index, random);
                break;
            default:
                _manifest = JsonMutator.Instance.Mutate(_manifest, random);
                break;
        }
    }

    public int Length => ToBytes().Length;

    public void CopyTo(Span<byte> buffer) => ToBytes().CopyTo(buffer);

    public byte[] ToBytes()
    {
        var manifest = Describe(Describe(_manifest, "C", "1", _config), "L", "2", _layer);
        var index = Describe(_index, "M", "3", manifest);
        return
        [
            .. Part("oci-layout", """{"imageLayoutVersion":"1.0.0"}"""u8.ToArray()), .. Part("index.json", index),
            .. new[] { _config, _layer, manifest }.DistinctBy(DigestOf).SelectMany(blob => Part($"blobs/{DigestOf(blob).Replace(':', '/')}", blob)),
            .. new byte[2 * TarPart.Block],
        ];
    }

    private static byte[] Describe(byte[] document, string part, string number, byte[] blob) => Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(document)
        .Replace(DigestMark + part, DigestOf(blob), StringComparison.Ordinal)
        .Replace(SizeMark + number, blob.Length.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal));

    private static string DigestOf(byte[] blob) => Digest.Of(blob).ToString();

    private static byte[] Part(string name, byte[] data) => TarPart.Of(name, '0', data).ToBytes();
}
