using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Reflection;
using System.Text.RegularExpressions;

namespace KubeCheckpoint.Help;

/// <summary>The help of one parameter.</summary>
internal sealed partial class ParameterHelp
{
    private readonly PropertyInfo _property;
    private readonly ParameterAttribute[] _attributes;
    private readonly Type _type;

    /// <param name="property">The property that PowerShell binds.</param>
    /// <param name="documentation">The XML documentation.</param>
    /// <param name="cmdlet">A new instance of the cmdlet, which holds the defaults; null where there is none.</param>
    public ParameterHelp(PropertyInfo property, XmlDocumentation documentation, object? cmdlet)
        : this(property, XmlDocumentation.Paragraphs(documentation.Find(property)?.Element("summary")), cmdlet is null ? null : property.GetValue(cmdlet)) =>
        AcceptedValues = [.. FindAcceptedValues(documentation)];

    /// <param name="property">A property with the attributes of the parameter.</param>
    /// <param name="text">What the parameter does. A last sentence 'Default: ...' is not part of the description but the default.</param>
    /// <param name="value">The default that the property's initializer sets.</param>
    public ParameterHelp(PropertyInfo property, IReadOnlyList<string> text, object? value)
    {
        _property = property;
        // As PowerShell reads them: an overriding property has the attributes that it is declared with.
        _attributes = [.. property.GetCustomAttributes<ParameterAttribute>(inherit: false)];
        _type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        var match = DefaultSentence().Match(text.Count > 0 ? text[^1] : string.Empty);
        Description = match.Success ? [.. text.SkipLast(1), match.Groups["description"].Value] : text;
        DefaultValue = match.Success ? match.Groups["default"].Value : Shown(value);
    }

    public string Name => _property.Name;

    public IReadOnlyList<string> Description { get; }

    public string DefaultValue { get; }

    /// <summary>The values a parameter is limited to, each with what it means where that is documented.</summary>
    public IReadOnlyList<(string Value, string Meaning)> AcceptedValues { get; } = [];

    /// <summary>The accepted values on one line, or null where any value is accepted.</summary>
    public string? Accepted =>
        AcceptedValues.Count > 0 ? string.Join(", ", AcceptedValues.Select(accepted => accepted.Value))
        : _property.GetCustomAttribute<ValidateRangeAttribute>(inherit: false) is { MinRange: { } smallest, MaxRange: { } largest }
            ? $"{Shown(smallest)} to {Shown(largest)}"
        : null;

    public bool IsSwitch => _type == typeof(SwitchParameter);

    public string TypeName => Regex.Replace(_type.Name, @"^(Int32|Int64|String|Boolean|Byte|Object)(?=$|\[)", match => match.Value switch
    {
        "Int32" => "int",
        "Int64" => "long",
        "Boolean" => "bool",
        _ => match.Value.ToLowerInvariant(),
    });

    public string FullTypeName => _type.FullName!;

    public IReadOnlyList<string> Aliases => [.. _property.GetCustomAttribute<AliasAttribute>(inherit: false)?.AliasNames ?? []];

    public bool TakesWildcards => _property.GetCustomAttribute<SupportsWildcardsAttribute>(inherit: false) is not null;

    public bool IsHidden => _attributes.All(attribute => attribute.DontShow);

    public bool BindsByValue => _attributes.Any(attribute => attribute.ValueFromPipeline);

    public bool BindsByPropertyName => _attributes.Any(attribute => attribute.ValueFromPipelineByPropertyName);

    public string PipelineInput => (BindsByValue, BindsByPropertyName) switch
    {
        (true, true) => "True (ByValue, ByPropertyName)",
        (true, false) => "True (ByValue)",
        (false, true) => "True (ByPropertyName)",
        _ => "False",
    };

    /// <summary>The parameter sets that name the parameter. Empty: all.</summary>
    public IReadOnlyList<string> Sets =>
        [.. _attributes.Select(attribute => attribute.ParameterSetName).Where(set => set != ParameterAttribute.AllParameterSets)];

    public bool IsIn(string set) => AttributeFor(set) is not null;

    /// <summary>Whether a set demands the parameter; without a set, whether any does.</summary>
    public bool IsMandatory(string? set) => set is null ? _attributes.Any(attribute => attribute.Mandatory) : AttributeFor(set)!.Mandatory;

    /// <summary>The position in a set, or without a set the first there is; null for a parameter that is always named.</summary>
    public int? Position(string? set)
    {
        var attributes = set is null ? _attributes : [AttributeFor(set)!];
        return attributes.Select(attribute => attribute.Position).Where(position => position >= 0).Select(position => (int?)position).FirstOrDefault();
    }

    /// <summary>Sorts as a reader of the syntax expects: by position, then what is mandatory, then as declared, shared parameters last.</summary>
    public (int Position, bool IsOptional, int Depth, int Declaration) SyntaxOrder(string set, Type cmdlet) =>
        (Position(set) ?? int.MaxValue, !IsMandatory(set), DepthBelow(cmdlet), _property.MetadataToken);

    private int DepthBelow(Type? cmdlet)
    {
        var depth = 0;
        while (cmdlet is not null && cmdlet != _property.DeclaringType)
            (cmdlet, depth) = (cmdlet.BaseType, depth + 1);
        return depth;
    }

    private ParameterAttribute? AttributeFor(string set) =>
        Array.Find(_attributes, attribute => attribute.ParameterSetName == set)
        ?? Array.Find(_attributes, attribute => attribute.ParameterSetName == ParameterAttribute.AllParameterSets);

    private IEnumerable<(string Value, string Meaning)> FindAcceptedValues(XmlDocumentation documentation)
    {
        if (_property.GetCustomAttribute<ValidateSetAttribute>(inherit: false) is { } set)
            return set.ValidValues.Select(value => (value, string.Empty));
        var single = _type.IsArray ? _type.GetElementType()! : _type;
        single = Nullable.GetUnderlyingType(single) ?? single;
        return single.IsEnum && single.Namespace == nameof(KubeCheckpoint)
            ? single.GetFields(BindingFlags.Public | BindingFlags.Static)
                .Select(field => (field.Name, string.Join(' ', XmlDocumentation.Paragraphs(documentation.Find(field)?.Element("summary")))))
            : [];
    }

    private static string Shown(object? value) => value switch
    {
        null => "None",
        string text => text.Length > 0 ? text : "None",
        SwitchParameter => "False",
        IEnumerable items => Shown(string.Join(", ", items.Cast<object>().Select(Shown))),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    [GeneratedRegex(@"^(?<description>.*?)\s*\bDefault: (?<default>.*)\.$")]
    private static partial Regex DefaultSentence();
}
