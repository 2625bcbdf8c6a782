using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace KubeCheckpoint.Help;

/// <summary>The XML documentation files that the compiler wrote.</summary>
internal sealed partial class XmlDocumentation
{
    private readonly Dictionary<string, XElement> _members;

    private XmlDocumentation(Dictionary<string, XElement> members) => _members = members;

    /// <summary>Reads the files that lie beside assemblies.</summary>
    /// <param name="paths">The XML files.</param>
    public static XmlDocumentation Load(IEnumerable<string> paths) => new(paths
        .SelectMany(path => XDocument.Load(path).Descendants("member"))
        .DistinctBy(member => member.Attribute("name")!.Value)
        .ToDictionary(member => member.Attribute("name")!.Value));

    /// <summary>All documented members, each with its name as the compiler writes it.</summary>
    public IEnumerable<(string Name, XElement Member)> Members => _members.Select(member => (member.Key, member.Value));

    public XElement? Find(Type type) => Find("T:" + type.FullName);

    /// <summary>A property's documentation, or that of the property it overrides or implements, where it says so.</summary>
    public XElement? Find(PropertyInfo property) => Lineage(property.DeclaringType!)
        .Select(type => Find($"P:{type.FullName}.{property.Name}"))
        .FirstOrDefault(member => member is not null && member.Element("inheritdoc") is null);

    public XElement? Find(FieldInfo field) => Find($"F:{field.DeclaringType!.FullName}.{field.Name}");

    /// <summary>The paragraphs of an element: its para children, or its whole text as one.</summary>
    public static IReadOnlyList<string> Paragraphs(XElement? element)
    {
        if (element is null)
            return [];
        var paragraphs = element.Elements("para").Select(Text).ToList();
        return paragraphs.Count > 0 ? paragraphs : Text(element) is { Length: > 0 } text ? [text] : [];
    }

    /// <summary>An element's text on one line, references replaced by the name they refer to.</summary>
    public static string Text(XElement element) => Space().Replace(string.Concat(element.Nodes().Select(NodeText)), " ").Trim();

    // The compiler copies inheritdoc as it stands; what it names is looked up here.
    private XElement? Find(string name) =>
        _members.GetValueOrDefault(name) is { } member
            ? member.Element("inheritdoc")?.Attribute("cref") is { } inherited ? Find(inherited.Value) : member
            : null;

    private static Type[] Lineage(Type type) => [type, .. type.BaseType is { } baseType ? Lineage(baseType) : [], .. type.GetInterfaces()];

    private static string NodeText(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "see" or "paramref" } reference => reference.Attributes().First().Value.Split('.', ':')[^1],
        XElement element => Text(element),
        _ => string.Empty,
    };

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
