using System.Management.Automation;
using System.Reflection;
using System.Xml.Linq;
using static KubeCheckpoint.Help.MamlFile;

namespace KubeCheckpoint.Help;

/// <summary>The help of one cmdlet: summary is the synopsis, remarks the description, examples the examples.</summary>
internal sealed class CommandHelp
{
    private const string AllSets = ParameterAttribute.AllParameterSets;

    private readonly Type _type;
    private readonly CmdletAttribute _cmdlet;
    private readonly XmlDocumentation _documentation;
    private readonly IReadOnlyList<ParameterHelp> _parameters;

    public CommandHelp(Type type, XmlDocumentation documentation)
    {
        _type = type;
        _cmdlet = type.GetCustomAttribute<CmdletAttribute>()!;
        _documentation = documentation;
        _parameters =
        [
            .. type.GetProperties()
                .Where(property => property.GetCustomAttributes<ParameterAttribute>().Any())
                .Select(property => new ParameterHelp(property, documentation.Find(property)))
                .Concat(_cmdlet.SupportsShouldProcess ? ShouldProcessParameters.Help : [])
                .OrderBy(parameter => parameter.Name, StringComparer.Ordinal),
        ];
    }

    private string Name => $"{_cmdlet.VerbName}-{_cmdlet.NounName}";

    public XElement ToMaml()
    {
        var member = _documentation.Find(_type);
        return new XElement(
            Command + "command",
            new XElement(
                Command + "details",
                new XElement(Command + "name", Name),
                new XElement(Command + "verb", _cmdlet.VerbName),
                new XElement(Command + "noun", _cmdlet.NounName),
                Paragraphs(Maml + "description", XmlDocumentation.Paragraphs(member?.Element("summary")))),
            Paragraphs(Maml + "description", XmlDocumentation.Paragraphs(member?.Element("remarks"))),
            new XElement(Command + "syntax", ParameterSets().Select(SyntaxItem)),
            new XElement(Command + "parameters", _parameters.Select(parameter => parameter.ToMaml(null))),
            new XElement(Command + "returnValues", OutputTypes().Select(ReturnValue)),
            new XElement(Command + "examples", (member?.Elements("example") ?? []).Select(Example)));
    }

    private List<string> ParameterSets()
    {
        var named = _parameters.SelectMany(parameter => parameter.Sets).Where(set => set != AllSets).Distinct().ToList();
        return named.Count > 0 ? named : [AllSets];
    }

    private XElement SyntaxItem(string set) => new(
        Command + "syntaxItem",
        new XElement(Maml + "name", Name),
        _parameters.Where(parameter => parameter.IsIn(set)).OrderBy(parameter => parameter.Position(set)).Select(parameter => parameter.ToMaml(set)));

    private IEnumerable<Type> OutputTypes() =>
        _type.GetCustomAttributes<OutputTypeAttribute>().SelectMany(attribute => attribute.Type).Select(type => type.Type).OfType<Type>();

    private static XElement ReturnValue(Type type) => new(
        Command + "returnValue",
        new XElement(Dev + "type", new XElement(Maml + "name", type.FullName)));

    private static XElement Example(XElement example, int index) => new(
        Command + "example",
        new XElement(Maml + "title", $"Example {index + 1}"),
        new XElement(Dev + "code", example.Element("code")?.Value.Trim()),
        Paragraphs(Dev + "remarks", example.Elements("para").Select(XmlDocumentation.Text)));
}
