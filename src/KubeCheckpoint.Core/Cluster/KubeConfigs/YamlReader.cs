using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace KubeCheckpoint.Cluster.KubeConfigs;

/// <summary>
/// Reads the first document of a YAML file, as kubectl does: a field given twice has its last value, and <c>&lt;&lt;</c> merges a mapping. Works on
/// the parser's events, because its deserializer takes longer to load than a kubeconfig to read, and reports errors in terms of .NET types.
/// </summary>
internal sealed class YamlReader
{
    private const string MergeKey = "<<";

    private const int DeepestNesting = 64;

    /// <summary>How many values aliases may stand for: a few lines of aliases of aliases stand for more than fit in memory.</summary>
    private const int MostRepeated = 100_000;

    private readonly string _file;
    private readonly Parser _parser;
    private readonly Dictionary<AnchorName, YamlValue> _anchors = [];
    private long _repeated;

    private YamlReader(string file, string text)
    {
        _file = file;
        _parser = new(new StringReader(text));
    }

    /// <summary>The value of the text, or null where it holds nothing.</summary>
    /// <exception cref="KubeCheckpointException">KubeConfigInvalid: the text is no YAML.</exception>
    public static YamlValue? Read(string file, string text)
    {
        var reader = new YamlReader(file, text);
        try
        {
            return reader.ReadDocument();
        }
        catch (Exception exception) when (exception is YamlException or InvalidOperationException or ArgumentException)
        {
            // The parser reports the end of the text as a line after it, and throws exceptions without a place for some text.
            var line = (exception as YamlException)?.Start.Line ?? reader._parser.Current?.End.Line ?? 1;
            var location = new KubeConfigLocation(file, (int)Math.Clamp(line, 1, text.AsSpan().TrimEnd('\n').Count('\n') + 1));
            throw KubeConfigFailure.KubeConfigInvalid(location, "this is not valid YAML.", exception);
        }
    }

    private YamlValue? ReadDocument()
    {
        _parser.Consume<StreamStart>();
        if (!_parser.TryConsume<DocumentStart>(out _))
            return null;
        var value = ReadValue(0);
        return value.IsNull ? null : value;
    }

    private YamlValue ReadValue(int depth)
    {
        var location = Here();
        if (depth > DeepestNesting)
            throw KubeConfigFailure.KubeConfigInvalid(location, "the values are nested too deeply.");
        if (_parser.TryConsume<AnchorAlias>(out var alias))
            return Repeat(alias.Value, location, depth);
        var (value, anchor) = _parser.Current switch
        {
            SequenceStart start => (ReadList(location, depth), start.Anchor),
            MappingStart start => (ReadMapping(location, depth), start.Anchor),
            _ => ReadScalar(location),
        };
        if (!anchor.IsEmpty)
            _anchors[anchor] = value;
        return value;
    }

    private YamlValue Repeat(AnchorName anchor, KubeConfigLocation location, int depth)
    {
        if (!_anchors.TryGetValue(anchor, out var value))
            throw KubeConfigFailure.KubeConfigInvalid(location, $"the anchor of '*{anchor}' is missing.");
        if (depth + value.Depth > DeepestNesting)
            throw KubeConfigFailure.KubeConfigInvalid(location, "the values are nested too deeply.");
        _repeated += value.Size;
        return _repeated <= MostRepeated
            ? value
            : throw KubeConfigFailure.KubeConfigInvalid(location, "the aliases repeat too many values.");
    }

    private (YamlValue Value, AnchorName Anchor) ReadScalar(KubeConfigLocation location)
    {
        var scalar = _parser.Consume<Scalar>();

        // No path, argument or header can hold it.
        if (scalar.Value.Contains('\0', StringComparison.Ordinal))
            throw KubeConfigFailure.KubeConfigInvalid(location, "the text has a null character.");
        return (new(location, scalar.Value, isPlain: scalar.Style == ScalarStyle.Plain), scalar.Anchor);
    }

    private YamlValue ReadList(KubeConfigLocation location, int depth)
    {
        _parser.Consume<SequenceStart>();
        var items = new List<YamlValue>();
        while (!_parser.TryConsume<SequenceEnd>(out _))
            items.Add(ReadValue(depth + 1));
        return new(location, items);
    }

    private YamlValue ReadMapping(KubeConfigLocation location, int depth)
    {
        _parser.Consume<MappingStart>();
        var (own, merged) = (new Dictionary<string, YamlValue>(StringComparer.Ordinal), new List<YamlValue>());
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            if (_parser.Current is not Scalar)
                throw KubeConfigFailure.KubeConfigInvalid(Here(), "the name of a field must be text.");
            var name = _parser.Consume<Scalar>().Value;
            var value = ReadValue(depth + 1);
            if (name == MergeKey)
                merged.Add(value);
            else
                own[name] = value;
        }

        foreach (var (name, value) in merged.SelectMany(mapping => mapping.Members))
            own.TryAdd(name, value);
        return new(location, own);
    }

    private KubeConfigLocation Here()
    {
        _parser.Accept<ParsingEvent>(out var current);
        return new(_file, (int)(current?.Start.Line ?? 1));
    }
}
