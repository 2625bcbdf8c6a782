using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace KubeCheckpoint.Images.Oci;

/// <summary>A content digest as the OCI image spec writes it (descriptor.md, "Digests"): <c>sha256:</c> and 64 hexadecimal digits.</summary>
public sealed partial record Digest
{
    private Digest(string algorithm, string hex)
    {
        Algorithm = algorithm;
        Hex = hex;
    }

    /// <summary>The algorithm: <c>sha256</c> or <c>sha512</c>.</summary>
    public string Algorithm { get; }

    /// <summary>The hash in lower-case hexadecimal digits.</summary>
    public string Hex { get; }

    /// <summary>The sha256 digest of some bytes.</summary>
    /// <param name="content">The bytes.</param>
    public static Digest Of(ReadOnlySpan<byte> content) => FromSha256(SHA256.HashData(content));

    /// <summary>The digest of a finished SHA-256.</summary>
    /// <param name="hash">Its 32 bytes.</param>
    public static Digest FromSha256(ReadOnlySpan<byte> hash) => new("sha256", Convert.ToHexStringLower(hash));

    /// <summary>Reads a digest; false for text that is none.</summary>
    /// <param name="text"><c>sha256:...</c></param>
    /// <param name="digest">The digest.</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Digest? digest)
    {
        digest = text is not null && Form().IsMatch(text) ? new Digest(text[..6], text[7..]) : null;
        return digest is not null;
    }

    /// <summary><c>sha256:...</c></summary>
    public override string ToString() => $"{Algorithm}:{Hex}";

    [GeneratedRegex(@"\A(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})\z")]
    private static partial Regex Form();
}
