using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace KubeCheckpoint.Images.Oci;

/// <summary>A content digest as the OCI image spec writes it (descriptor.md, "Digests"): <c>sha256:</c> and 64 hexadecimal digits.</summary>
[JsonConverter(typeof(Converter))]
internal sealed partial record Digest
{
    private const string Sha256 = "sha256";
    private const string Sha512 = "sha512";

    private Digest(string algorithm, string hex)
    {
        Algorithm = algorithm;
        Hex = hex;
    }

    /// <summary>The algorithm: <c>sha256</c> or <c>sha512</c>.</summary>
    public string Algorithm { get; }

    /// <summary>The hash in lower-case hexadecimal digits.</summary>
    public string Hex { get; }

    /// <summary>The path of the blob in an image layout (image-layout.md, "Blobs").</summary>
    public string BlobPath => $"blobs/{Algorithm}/{Hex}";

    /// <summary>The sha256 digest of some bytes.</summary>
    public static Digest Of(ReadOnlySpan<byte> content) => FromSha256(SHA256.HashData(content));

    /// <summary>The digest of what was appended to a hash of SHA-256 or SHA-512.</summary>
    public static Digest Of(IncrementalHash hash) =>
        new(hash.AlgorithmName == HashAlgorithmName.SHA512 ? Sha512 : Sha256, Convert.ToHexStringLower(hash.GetCurrentHash()));

    /// <summary>The digest of a finished SHA-256.</summary>
    public static Digest FromSha256(ReadOnlySpan<byte> hash) => new(Sha256, Convert.ToHexStringLower(hash));

    /// <summary>Reads a digest; false for any other text.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Digest? digest)
    {
        digest = text is not null && Form().IsMatch(text) ? new Digest(text[..Sha256.Length], text[(Sha256.Length + 1)..]) : null;
        return digest is not null;
    }

    /// <summary>An empty hash of the digest's algorithm.</summary>
    public IncrementalHash CreateHash() => IncrementalHash.CreateHash(Algorithm == Sha512 ? HashAlgorithmName.SHA512 : HashAlgorithmName.SHA256);

    public override string ToString() => $"{Algorithm}:{Hex}";

    [GeneratedRegex(@"\A(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})\z")]
    private static partial Regex Form();

    /// <summary>In JSON a digest is a string.</summary>
    internal sealed class Converter : JsonConverter<Digest>
    {
        public override Digest Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            TryParse(reader.GetString(), out var digest) ? digest : throw new JsonException("The string is not a digest.");

        public override void Write(Utf8JsonWriter writer, Digest value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}
