using System.Management.Automation;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace KubeCheckpoint.Help;

/// <summary>
/// The help of one cmdlet, from its XML documentation: summary is the synopsis, remarks the description, note the notes, example the
/// examples, seealso related links.
/// </summary>
internal sealed partial class CommandHelp
{
    private const string AllSets = ParameterAttribute.AllParameterSets;

    private readonly Type _type;
    private readonly CmdletAttribute _cmdlet;
    private readonly XmlDocumentation _documentation;
    private readonly XElement? _member;

    public CommandHelp(Type type, XmlDocumentation documentation)
    {
        _type = type;
        _cmdlet = type.GetCustomAttribute<CmdletAttribute>()!;
        _documentation = documentation;
        _member = documentation.Find(type);
        var instance = Activator.CreateInstance(type);
        Parameters =
        [
            .. type.GetProperties()
                .Where(property => property.GetCustomAttributes<ParameterAttribute>(inherit: false).Any())
                .Select(property => new ParameterHelp(property, documentation, instance))
                .Concat(_cmdlet.SupportsShouldProcess ? ShouldProcessParameters.Help : [])
                .Where(parameter => !parameter.IsHidden)
                .OrderBy(parameter => parameter.Name, StringComparer.Ordinal),
        ];
    }

    public string Name => $"{_cmdlet.VerbName}-{_cmdlet.NounName}";

    public string Verb => _cmdlet.VerbName;

    public string Noun => _cmdlet.NounName;

    public string Synopsis => string.Join(' ', XmlDocumentation.Paragraphs(_member?.Element("summary")));

    public IReadOnlyList<string> Description => XmlDocumentation.Paragraphs(_member?.Element("remarks"));

    public IReadOnlyList<string> Notes =>
    [
        .. _member?.Element("remarks")?.Elements("note").Select(XmlDocumentation.Text) ?? [],
        "about_KubeCheckpoint_Errors lists the error IDs and what they mean.",
    ];

    public IReadOnlyList<ExampleHelp> Examples =>
    [
        .. (_member?.Elements("example") ?? []).Select(example => new ExampleHelp(
            string.Join('\n', (example.Element("code")?.Value ?? string.Empty).Trim().Split('\n').Select(line => line.Trim())),
            [.. example.Elements("para").Select(XmlDocumentation.Text)])),
    ];

    /// <summary>All parameters, by name.</summary>
    public IReadOnlyList<ParameterHelp> Parameters { get; }

    /// <summary>What can be piped to the cmdlet.</summary>
    public IReadOnlyList<DataHelp> Inputs =>
    [
        .. Parameters.Where(parameter => parameter.BindsByValue).Select(parameter => new DataHelp(
            parameter.FullTypeName,
            $"Binds to -{parameter.Name}. {string.Join(' ', parameter.Description)}")),
        .. PropertiesThatBind(),
    ];

    /// <summary>What the cmdlet writes.</summary>
    public IReadOnlyList<DataHelp> Outputs =>
    [
        .. _type.GetCustomAttributes<OutputTypeAttribute>()
            .SelectMany(attribute => attribute.Type)
            .Select(type => type.Type)
            .OfType<Type>()
            .Distinct()
            .Select(type => new DataHelp(type.FullName!, DescribeOutput(type))),
    ];

    /// <summary>The parameter sets, the default set first.</summary>
    public IReadOnlyList<SyntaxHelp> Syntax
    {
        get
        {
            var sets = Parameters.SelectMany(parameter => parameter.Sets).Distinct().OrderByDescending(IsDefault).ToList();
            return [.. (sets.Count > 0 ? sets : [AllSets]).Select(set => new SyntaxHelp(set, IsDefault(set), ParametersOf(set)))];
        }
    }

    /// <summary>
    /// The cmdlets that belong with this one: those it names as related, those of its noun and those its help mentions.
    /// </summary>
    /// <param name="all">All cmdlets of the module.</param>
    public IReadOnlyList<CommandHelp> RelatedCommands(IReadOnlyList<CommandHelp> all)
    {
        var mentioned = Markdown.CommandName().Matches(ProseAndCode()).Select(match => match.Value);
        var named = (_member?.Elements("seealso") ?? []).Select(reference => reference.Attribute("cref")!.Value["T:".Length..]);
        return
        [
            .. named.Select(name => all.Single(other => other._type.FullName == name))
                .Concat(all.Where(other => other.Noun == Noun))
                .Concat(mentioned.Select(name => all.FirstOrDefault(other => other.Name == name)).OfType<CommandHelp>())
                .Where(other => other != this)
                .Distinct(),
        ];
    }

    /// <summary>The help topics that the help mentions, and the overview.</summary>
    public IReadOnlyList<string> RelatedTopics =>
        [.. TopicName().Matches(ProseAndCode()).Select(match => match.Value).Append("about_KubeCheckpoint").Distinct()];

    // A type that is not the module's is written instead of one that is, with a switch that says so.
    private string DescribeOutput(Type type) => _documentation.Find(type) is { } member
        ? string.Join(' ', XmlDocumentation.Paragraphs(member.Element("summary")))
        : Parameters.FirstOrDefault(ChangesOutput) is { } option
            ? $"With -{option.Name}. {string.Join(' ', option.Description)}"
            : string.Empty;

    private static bool ChangesOutput(ParameterHelp parameter) =>
        parameter.IsSwitch && (parameter.Name == "Quiet" || parameter.Name.StartsWith("As", StringComparison.Ordinal));

    private bool IsDefault(string set) => set == _cmdlet.DefaultParameterSetName;

    private IReadOnlyList<ParameterHelp> ParametersOf(string set) =>
        [.. Parameters.Where(parameter => parameter.IsIn(set)).OrderBy(parameter => parameter.SyntaxOrder(set, _type))];

    private IEnumerable<DataHelp> PropertiesThatBind()
    {
        var names = Parameters.Where(parameter => parameter.BindsByPropertyName).SelectMany(parameter => parameter.Aliases.Prepend(parameter.Name)).ToList();
        return names.Count > 0
            ? [new DataHelp("System.Management.Automation.PSObject", $"Objects with properties of these names: {string.Join(", ", names)}.")]
            : [];
    }

    private string ProseAndCode() => string.Join('\n', Description
        .Concat(Notes)
        .Concat(Examples.SelectMany(example => example.Remarks.Prepend(example.Code)))
        .Concat(Parameters.SelectMany(parameter => parameter.Description)));

    [GeneratedRegex(@"\babout_KubeCheckpoint\w*\b")]
    private static partial Regex TopicName();
}

/// <summary>An example: what to type, and what it does.</summary>
internal sealed record ExampleHelp(string Code, IReadOnlyList<string> Remarks);

/// <summary>A type that goes into a cmdlet or comes out of it.</summary>
internal sealed record DataHelp(string TypeName, string Description);

/// <summary>One way to call a cmdlet, its parameters in the order they are shown.</summary>
internal sealed record SyntaxHelp(string Set, bool IsDefault, IReadOnlyList<ParameterHelp> Parameters);
