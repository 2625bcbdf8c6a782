using System.Text;
using System.Text.Json;

namespace KubeCheckpoint.Fuzz.Mutators;

/// <summary>A value of a JSON document, which may be written as no JSON: its scalars and names are bytes of any kind.</summary>
internal sealed class JsonValue
{
    private JsonValue(byte[]? scalar, List<JsonValue>? items, List<(byte[] Name, JsonValue Value)>? members)
    {
        Scalar = scalar;
        Items = items;
        Members = members;
    }

    public byte[]? Scalar { get; set; }

    public List<JsonValue>? Items { get; set; }

    public List<(byte[] Name, JsonValue Value)>? Members { get; set; }

    public static JsonValue Of(string scalar) => new(Encoding.UTF8.GetBytes(scalar), null, null);

    /// <summary>The value of a document, or null where it is no JSON.</summary>
    public static JsonValue? TryParse(byte[] json)
    {
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 100, AllowTrailingCommas = true });
            return reader.Read() ? Read(ref reader) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        Write(stream);
        return stream.ToArray();
    }

    /// <summary>All values in this one and it, with the value that each is in.</summary>
    public List<(JsonValue Value, JsonValue? Parent)> All()
    {
        List<(JsonValue Value, JsonValue? Parent)> all = [(this, null)];
        for (var i = 0; i < all.Count; i++)
        {
            var value = all[i].Value;
            foreach (var item in value.Items ?? [])
                all.Add((item, value));
            foreach (var member in value.Members ?? [])
                all.Add((member.Value, value));
        }
        return all;
    }

    public void Become(JsonValue other) => (Scalar, Items, Members) = (other.Scalar, other.Items, other.Members);

    private static JsonValue Read(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartArray:
                var items = new List<JsonValue>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    items.Add(Read(ref reader));
                return new JsonValue(null, items, null);
            case JsonTokenType.StartObject:
                var members = new List<(byte[], JsonValue)>();
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var name = Quoted(reader.ValueSpan);
                    reader.Read();
                    members.Add((name, Read(ref reader)));
                }
                return new JsonValue(null, null, members);
            case JsonTokenType.String:
                return new JsonValue(Quoted(reader.ValueSpan), null, null);
            default:
                return new JsonValue(reader.ValueSpan.ToArray(), null, null);
        }
    }

    private static byte[] Quoted(ReadOnlySpan<byte> text) => [(byte)'"', .. text, (byte)'"'];

    private void Write(MemoryStream stream)
    {
        stream.Write(Scalar);
        if (Items is not null)
        {
            stream.WriteByte((byte)'[');
            for (var i = 0; i < Items.Count; i++)
            {
                if (i > 0)
                    stream.WriteByte((byte)',');
                Items[i].Write(stream);
            }
            stream.WriteByte((byte)']');
        }
        if (Members is null)
            return;
        stream.WriteByte((byte)'{');
        for (var i = 0; i < Members.Count; i++)
        {
            if (i > 0)
                stream.WriteByte((byte)',');
            stream.Write(Members[i].Name);
            stream.WriteByte((byte)':');
            Members[i].Value.Write(stream);
        }
        stream.WriteByte((byte)'}');
    }
}
