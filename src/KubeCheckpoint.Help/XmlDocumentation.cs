using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace KubeCheckpoint.Help;

/// <summary>The XML documentation file the compiler wrote.</summary>
internal sealed partial class XmlDocumentation(Dictionary<string, XElement> members)
{
    /// <summary>Reads the file.</summary>
    /// <param name="path">The path of the XML file beside the assembly.</param>
    public static XmlDocumentation Load(string path) => new(
        XDocument.Load(path).Descendants("member").ToDictionary(member => member.Attribute("name")!.Value));

    public XElement? Find(Type type) => members.GetValueOrDefault("T:" + type.FullName);

    public XElement? Find(PropertyInfo property) => members.GetValueOrDefault($"P:{property.DeclaringType!.FullName}.{property.Name}");

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
