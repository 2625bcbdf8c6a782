using System.Globalization;
using System.Xml.Linq;

namespace KubeCheckpoint.Help;

/// <summary>The MAML file that Get-Help reads.</summary>
internal sealed class MamlFile(IReadOnlyList<CommandHelp> commands, string pagesUri)
{
    private static readonly XNamespace Maml = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly XNamespace Command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace Dev = "http://schemas.microsoft.com/maml/dev/2004/10";
    private static readonly XNamespace Help = "http://msh";

    public void Write(string path) =>
        new XDocument(new XElement(
            Help + "helpItems",
            new XAttribute("schema", "maml"),
            new XAttribute(XNamespace.Xmlns + "maml", Maml),
            new XAttribute(XNamespace.Xmlns + "command", Command),
            new XAttribute(XNamespace.Xmlns + "dev", Dev),
            commands.Select(ToElement))).Save(path);

    private XElement ToElement(CommandHelp command) => new(
        Command + "command",
        new XElement(
            Command + "details",
            new XElement(Command + "name", command.Name),
            new XElement(Command + "verb", command.Verb),
            new XElement(Command + "noun", command.Noun),
            Paragraphs(Maml + "description", [command.Synopsis])),
        Paragraphs(Maml + "description", command.Description),
        new XElement(Command + "syntax", command.Syntax.Select(syntax => SyntaxItem(command, syntax))),
        new XElement(Command + "parameters", command.Parameters.Select(parameter => Parameter(parameter, null))),
        new XElement(Command + "inputTypes", command.Inputs.Select(input => Data(Command + "inputType", input))),
        new XElement(Command + "returnValues", command.Outputs.Select(output => Data(Command + "returnValue", output))),
        new XElement(Maml + "alertSet", Paragraphs(Maml + "alert", command.Notes)),
        new XElement(Command + "examples", command.Examples.Select(Example)),
        new XElement(Command + "relatedLinks", RelatedLinks(command)));

    private static XElement SyntaxItem(CommandHelp command, SyntaxHelp syntax) => new(
        Command + "syntaxItem",
        new XElement(Maml + "name", command.Name),
        syntax.Parameters.Select(parameter => Parameter(parameter, syntax.Set)));

    private static XElement Parameter(ParameterHelp parameter, string? set) => new(
        Command + "parameter",
        new XAttribute("required", Lower(parameter.IsMandatory(set))),
        new XAttribute("variableLength", Lower(parameter.TypeName.EndsWith("[]", StringComparison.Ordinal))),
        new XAttribute("globbing", Lower(parameter.TakesWildcards)),
        new XAttribute("pipelineInput", parameter.PipelineInput),
        new XAttribute("position", parameter.Position(set)?.ToString(CultureInfo.InvariantCulture) ?? "named"),
        new XAttribute("aliases", parameter.Aliases.Count > 0 ? string.Join(", ", parameter.Aliases) : "none"),
        new XElement(Maml + "name", parameter.Name),
        Paragraphs(Maml + "description", DescriptionOf(parameter)),
        set is not null && parameter.AcceptedValues.Count > 0
            ? new XElement(Command + "parameterValueGroup", parameter.AcceptedValues.Select(accepted => ParameterValue(accepted.Value)))
            : null,
        parameter.IsSwitch ? null : ParameterValue(parameter.TypeName),
        new XElement(Dev + "type", new XElement(Maml + "name", parameter.TypeName), new XElement(Maml + "uri")),
        new XElement(Dev + "defaultValue", parameter.DefaultValue));

    private static IEnumerable<string> DescriptionOf(ParameterHelp parameter) =>
        parameter.Accepted is { } accepted ? [.. parameter.Description, $"Accepted values: {accepted}."] : parameter.Description;

    private static XElement ParameterValue(string text) =>
        new(Command + "parameterValue", new XAttribute("required", "true"), new XAttribute("variableLength", "false"), text);

    private static XElement Data(XName name, DataHelp data) => new(
        name,
        new XElement(Dev + "type", new XElement(Maml + "name", data.TypeName), new XElement(Maml + "uri")),
        Paragraphs(Maml + "description", [data.Description]));

    // The empty paragraphs keep the examples apart where Get-Help shows them.
    private static XElement Example(ExampleHelp example, int index) => new(
        Command + "example",
        new XElement(Maml + "title", $"---------- Example {index + 1} ----------"),
        new XElement(Dev + "code", example.Code),
        Paragraphs(Dev + "remarks", [.. example.Remarks, string.Empty, string.Empty]));

    private IEnumerable<XElement> RelatedLinks(CommandHelp command) =>
    [
        Link("Online Version:", $"{pagesUri}{command.Name}.md"),
        .. command.RelatedCommands(commands).Select(related => Link(related.Name, string.Empty)),
        .. command.RelatedTopics.Select(topic => Link(topic, string.Empty)),
    ];

    private static XElement Link(string text, string uri) =>
        new(Maml + "navigationLink", new XElement(Maml + "linkText", text), new XElement(Maml + "uri", uri));

    private static XElement Paragraphs(XName name, IEnumerable<string> paragraphs) =>
        new(name, paragraphs.Select(text => new XElement(Maml + "para", text)));

    private static string Lower(bool value) => value ? "true" : "false";
}
