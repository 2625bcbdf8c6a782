using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace KubeCheckpoint.Json;

/// <summary>
/// Parses JSON from outside: archives, images, registries, API servers, kubelets, plugins, files. What is wrong with it is a
/// <see cref="JsonException"/>, and shows at once: the parser of .NET by itself decodes names and text when they are asked for, and then fails
/// in other ways.
/// </summary>
/// <remarks>
/// The text is UTF-8 without a BOM and without half surrogate pairs, one value without comments, no deeper than the limit. A name that an
/// object has twice is an error everywhere, in objects of Kubernetes and documents of OCI too: readers disagree about which of the values is
/// valid. Those who write these documents never write one.
/// </remarks>
internal static class StrictJson
{
    /// <summary>The depth of documents that are no members of archives: the default of .NET.</summary>
    public const int Depth = 64;

    private static readonly UTF8Encoding Encoding = new(false, throwOnInvalidBytes: true);

    /// <summary>Parses a document that is read only.</summary>
    /// <exception cref="JsonException">The text is not valid.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> json, int depth = Depth)
    {
        Check(json.Span, depth);
        return JsonDocument.Parse(json, OptionsOf(depth));
    }

    /// <inheritdoc cref="Parse(ReadOnlyMemory{byte}, int)"/>
    public static JsonDocument Parse(string json, int depth = Depth) => Parse(BytesOf(json), depth);

    /// <summary>Parses a document that can be changed; null for JSON's null.</summary>
    /// <exception cref="JsonException">The text is not valid.</exception>
    public static JsonNode? ParseNode(ReadOnlySpan<byte> json, int depth = Depth)
    {
        Check(json, depth);
        return JsonNode.Parse(json, documentOptions: OptionsOf(depth));
    }

    /// <inheritdoc cref="ParseNode(ReadOnlySpan{byte}, int)"/>
    public static JsonNode? ParseNode(string json, int depth = Depth) => ParseNode(BytesOf(json), depth);

    /// <summary>Parses text into an object of .NET.</summary>
    /// <exception cref="JsonException">The text is not valid, or does not fit the type.</exception>
    public static T? Deserialize<T>(string json, JsonSerializerOptions options)
    {
        using var document = Parse(json);
        return document.Deserialize<T>(options);
    }

    /// <summary>
    /// Reads values from a document. A value of another kind than is read, a missing one and a number that does not fit fail as invalid text
    /// does.
    /// </summary>
    /// <param name="json">The text.</param>
    /// <param name="read">Reads the values; must not return elements of the document.</param>
    /// <param name="failure">Makes the exception for what is wrong.</param>
    /// <param name="depth">The limit for the depth.</param>
    public static T Read<T>(ReadOnlyMemory<byte> json, Func<JsonElement, T> read, Func<JsonException, Exception> failure, int depth = Depth)
    {
        try
        {
            using var document = Parse(json, depth);
            return read(document.RootElement);
        }
        catch (JsonException exception)
        {
            throw failure(exception);
        }
        catch (Exception exception) when (exception is InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw failure(new JsonException(exception.Message, exception));
        }
    }

    /// <inheritdoc cref="Read{T}(ReadOnlyMemory{byte}, Func{JsonElement, T}, Func{JsonException, Exception}, int)"/>
    public static T Read<T>(string json, Func<JsonElement, T> read, Func<JsonException, Exception> failure, int depth = Depth)
    {
        byte[] bytes;
        try
        {
            bytes = BytesOf(json);
        }
        catch (JsonException exception)
        {
            throw failure(exception);
        }
        return Read(bytes, read, failure, depth);
    }

    /// <summary>Reads values from a document; the default where it is not valid or does not have them.</summary>
    public static T? TryRead<T>(ReadOnlyMemory<byte> json, Func<JsonElement, T?> read, int depth = Depth)
    {
        try
        {
            return Read(json, read, exception => exception, depth);
        }
        catch (JsonException)
        {
            return default;
        }
    }

    /// <inheritdoc cref="TryRead{T}(ReadOnlyMemory{byte}, Func{JsonElement, T}, int)"/>
    public static T? TryRead<T>(string json, Func<JsonElement, T?> read, int depth = Depth)
    {
        try
        {
            return Read(json, read, exception => exception, depth);
        }
        catch (JsonException)
        {
            return default;
        }
    }

    private static JsonDocumentOptions OptionsOf(int depth) => new() { MaxDepth = depth, AllowDuplicateProperties = false };

    private static byte[] BytesOf(string json)
    {
        try
        {
            return Encoding.GetBytes(json);
        }
        catch (EncoderFallbackException exception)
        {
            throw new JsonException("it has half of a surrogate pair", exception);
        }
    }

    // Both checks search bytes many at a time; tokens are read only where an escape of a surrogate occurs.
    private static void Check(ReadOnlySpan<byte> json, int depth)
    {
        if (!System.Text.Unicode.Utf8.IsValid(json))
            throw new JsonException("it is not UTF-8");
        if (json.IndexOf(@"\ud"u8) < 0 && json.IndexOf(@"\uD"u8) < 0)
            return;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = depth });
        try
        {
            while (reader.Read())
            {
                if (reader.ValueIsEscaped && reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
                    reader.GetString();
            }
        }
        catch (InvalidOperationException exception)
        {
            throw new JsonException($"it has half of a surrogate pair, which UTF-8 cannot encode, before byte {reader.BytesConsumed}", exception);
        }
    }
}
