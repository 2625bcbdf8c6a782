using System.Globalization;
using System.Management.Automation;
using System.Reflection;
using System.Xml.Linq;
using static KubeCheckpoint.Help.MamlFile;

namespace KubeCheckpoint.Help;

/// <summary>The help of one parameter.</summary>
internal sealed class ParameterHelp(PropertyInfo property, XElement? documentation)
{
    private readonly ParameterAttribute[] _attributes = [.. property.GetCustomAttributes<ParameterAttribute>()];

    public string Name => property.Name;

    public IEnumerable<string> Sets => _attributes.Select(attribute => attribute.ParameterSetName);

    public bool IsIn(string set) => AttributeFor(set) is not null;

    public int Position(string set) => AttributeFor(set)?.Position is { } position and >= 0 ? position : int.MaxValue;

    public XElement ToMaml(string? set)
    {
        var attribute = (set is null ? null : AttributeFor(set)) ?? _attributes[0];
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        return new XElement(
            Command + "parameter",
            new XAttribute("required", Lower(attribute.Mandatory)),
            new XAttribute("globbing", Lower(property.GetCustomAttribute<SupportsWildcardsAttribute>() is not null)),
            new XAttribute("pipelineInput", PipelineInput(attribute)),
            new XAttribute("position", attribute.Position >= 0 ? attribute.Position.ToString(CultureInfo.InvariantCulture) : "named"),
            new XAttribute("aliases", string.Join(", ", property.GetCustomAttribute<AliasAttribute>()?.AliasNames ?? ["none"])),
            new XElement(Maml + "name", Name),
            Paragraphs(Maml + "description", XmlDocumentation.Paragraphs(documentation?.Element("summary"))),
            type == typeof(SwitchParameter)
                ? null
                : new XElement(Command + "parameterValue", new XAttribute("required", "true"), TypeName(type)),
            new XElement(Dev + "type", new XElement(Maml + "name", TypeName(type))));
    }

    private ParameterAttribute? AttributeFor(string set) =>
        Array.Find(_attributes, attribute => attribute.ParameterSetName == set)
        ?? Array.Find(_attributes, attribute => attribute.ParameterSetName == ParameterAttribute.AllParameterSets);

    private static string PipelineInput(ParameterAttribute attribute) => attribute switch
    {
        { ValueFromPipeline: true, ValueFromPipelineByPropertyName: true } => "true (ByValue, ByPropertyName)",
        { ValueFromPipeline: true } => "true (ByValue)",
        { ValueFromPipelineByPropertyName: true } => "true (ByPropertyName)",
        _ => "false",
    };

    private static string TypeName(Type type) => type.Name.Replace("Int32", "int", StringComparison.Ordinal);

    private static string Lower(bool value) => value ? "true" : "false";
}
