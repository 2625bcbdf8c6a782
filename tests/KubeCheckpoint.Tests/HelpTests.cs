using System.Globalization;
using System.Management.Automation;
using System.Reflection;
using System.Text.RegularExpressions;
using KubeCheckpoint.Tests.Engine;

namespace KubeCheckpoint.Tests;

/// <summary>What every cmdlet must have: help, OutputType, a view, completion, and failures that are in the table.</summary>
public sealed partial class HelpTests(SharedSession shared) : IClassFixture<SharedSession>
{
    // Parameters whose values a cluster can list: each needs a completer.
    private static readonly string[] Listable = ["PodName", "Namespace", "NodeName", "ContainerName", "Context", "HelperNamespace"];

    // Cmdlets with any other verb change something, even if only a file.
    private static readonly string[] ReadingVerbs = ["Get", "Search", "Test", "Compare", "ConvertFrom"];

    // These have a reading verb but create pods, some of them only with certain parameters.
    private static readonly string[] ChangingReaders = ["Test-CheckpointArchive", "Test-CheckpointSupport", "Test-PodRestore"];

    private readonly ModuleSession _session = shared.Session;

    public static TheoryData<string> CmdletNames
    {
        get
        {
            using var session = new ModuleSession();
            return [.. session.Run("(Get-Command -Module KubeCheckpoint).Name").Objects.Select(name => name.ToString())];
        }
    }

    [Theory]
    [MemberData(nameof(CmdletNames))]
    public void Has_synopsis_description_and_two_examples(string name)
    {
        var help = _session.Run("Get-Help $args[0] -Full", name).Single;

        Assert.DoesNotContain(name, Text(help, "Synopsis"), StringComparison.Ordinal);
        Assert.True(Text(help, "Synopsis").Length > 20, "The synopsis says too little.");
        Assert.NotEmpty(Many(help, "description"));
        var examples = Many((PSObject)help.Properties["examples"].Value, "example");
        Assert.True(examples.Count >= 2, $"{name} has {examples.Count} examples.");
        Assert.All(examples, example => Assert.False(string.IsNullOrWhiteSpace(Text(example, "code"))));
        Assert.Contains(examples, example => Text(example, "code").Contains(name, StringComparison.Ordinal));
        Assert.All(examples, example => Assert.NotEmpty(Many(example, "remarks")));
    }

    [Theory]
    [MemberData(nameof(CmdletNames))]
    public void Describes_every_parameter(string name)
    {
        var described = Parameters(name)
            .Where(parameter => Many(parameter, "description").Any(paragraph => Text(paragraph, "Text").Length > 10))
            .Select(parameter => Text(parameter, "name"))
            .ToList();

        Assert.Empty(Command(name).Parameters.Values.Where(IsOurs).Select(parameter => parameter.Name).Except(described));
    }

    [Theory]
    [MemberData(nameof(CmdletNames))]
    public void Shows_the_default_and_accepted_values_of_every_parameter(string name)
    {
        var command = (CmdletInfo)Command(name);
        var cmdlet = Activator.CreateInstance(command.ImplementingType);
        foreach (var parameter in Parameters(name))
        {
            var shown = Text(parameter, "defaultValue");
            Assert.False(string.IsNullOrEmpty(shown), $"-{Text(parameter, "name")} shows no default.");
            if (command.ImplementingType.GetProperty(Text(parameter, "name")) is not { } property)
                continue;
            if (property.GetValue(cmdlet) is { } value and (string or int or long or Enum))
                Assert.Equal(Convert.ToString(value, CultureInfo.InvariantCulture), shown);
            var description = string.Concat(Many(parameter, "description").Select(text => Text(text, "Text")));
            Assert.All(AcceptedValues(property), accepted => Assert.Contains(accepted, description, StringComparison.Ordinal));
        }
    }

    [Theory]
    [MemberData(nameof(CmdletNames))]
    public void Syntax_shows_positional_then_mandatory_parameters_and_common_ones_last(string name)
    {
        var help = _session.Run("Get-Help $args[0] -Full", name).Single;
        foreach (var syntax in Many((PSObject)help.Properties["syntax"].Value, "syntaxItem"))
        {
            var ranks = Many(syntax, "parameter").Select(Rank).ToList();
            Assert.Equal(ranks.Order(), ranks);
        }

        static int Rank(PSObject parameter) =>
            Text(parameter, "name") is "WhatIf" or "Confirm" ? 1002
            : int.TryParse(Text(parameter, "position"), CultureInfo.InvariantCulture, out var position) ? position
            : Text(parameter, "required") == "true" ? 1000
            : 1001;
    }

    [Theory]
    [MemberData(nameof(CmdletNames))]
    public void Names_inputs_outputs_and_notes(string name)
    {
        var command = Command(name);
        var help = _session.Run("Get-Help $args[0] -Full", name).Single;
        var inputs = TypeNames(help, "inputTypes", "inputType");
        var outputs = TypeNames(help, "returnValues", "returnValue");

        Assert.All(command.Parameters.Values.Where(TakesPipeline), parameter => Assert.Contains(parameter.ParameterType.FullName, inputs));
        Assert.Equal(command.OutputType.Select(type => type.Type.FullName!).Distinct(), outputs);
        Assert.NotEmpty(Many((PSObject)help.Properties["alertSet"].Value, "alert"));
        Assert.All(
            Many((PSObject)help.Properties["returnValues"].Value, "returnValue"),
            output => Assert.Contains(Many(output, "description"), paragraph => Text(paragraph, "Text").Length > 10));
    }

    [Theory]
    [MemberData(nameof(CmdletNames))]
    public void Links_to_its_page_and_to_existing_help(string name)
    {
        var help = _session.Run("Get-Help $args[0] -Full", name).Single;
        var links = Many((PSObject)help.Properties["relatedLinks"].Value, "navigationLink");
        var topics = Directory.GetFiles(Path.Combine(ModuleSession.ModulePath, "en-US"), "about_*").Select(path => Path.GetFileName(path).Split('.')[0]);

        Assert.Equal(ModuleSession.Metadata("CmdletPages") + name + ".md", Text(links[0], "uri"));
        Assert.True(File.Exists(Path.Combine(ModuleSession.Metadata("RepositoryRoot"), "docs", "cmdlets", name + ".md")));
        var commands = links.Skip(1).Select(link => Text(link, "linkText")).Except(topics).ToList();
        Assert.NotEmpty(commands);
        Assert.All(commands, command => Assert.Equal("KubeCheckpoint", Command(command).ModuleName));
        Assert.Equal(Text(links[0], "uri"), _session.Run("(Get-Command $args[0]).HelpUri", name).Single.ToString());
    }

    [Theory]
    [MemberData(nameof(CmdletNames))]
    public void Has_an_output_type_with_a_view(string name)
    {
        var types = Command(name).OutputType.Select(type => type.Type).ToList();
        Assert.NotEmpty(types);

        var views = string.Concat(Directory.GetFiles(Path.Combine(ModuleSession.ModulePath, "Views")).Select(File.ReadAllText));
        var ours = types.Where(type => type?.Namespace == "KubeCheckpoint").ToList();
        Assert.NotEmpty(ours);
        Assert.All(ours, type => Assert.Contains($"<TypeName>{type!.FullName}</TypeName>", views, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(CmdletNames))]
    public void Completes_what_can_be_listed(string name)
    {
        var owing = Command(name).Parameters.Values
            .Where(parameter => Listable.Contains(parameter.Name) && parameter.ParameterType != typeof(int) && !parameter.Attributes.OfType<ArgumentCompleterAttribute>().Any())
            .Select(parameter => parameter.Name);
        Assert.Empty(owing);
    }

    [Theory]
    [MemberData(nameof(CmdletNames))]
    public void Asks_before_it_changes_anything(string name)
    {
        var changes = !ReadingVerbs.Contains(name.Split('-')[0]) || ChangingReaders.Contains(name);
        Assert.Equal(changes, Command(name).Parameters.ContainsKey("WhatIf"));
    }

    [Fact]
    public void The_table_of_errors_has_every_id_and_no_other()
    {
        var topic = File.ReadAllText(Path.Combine(ModuleSession.ModulePath, "en-US", "about_KubeCheckpoint_Errors.help.txt"));
        var documented = ErrorRow().Matches(topic).Select(match => match.Groups[1].Value).ToList();

        Assert.Equal(documented.Distinct().Order(), documented.Order());
        Assert.Equal(FailureFactories().Order(), documented.Order());
    }

    [Theory]
    [InlineData("about_KubeCheckpoint")]
    [InlineData("about_KubeCheckpoint_ClusterSetup")]
    [InlineData("about_KubeCheckpoint_Errors")]
    [InlineData("about_KubeCheckpoint_Runtimes")]
    public void Topics_can_be_read(string topic)
    {
        var text = string.Concat(_session.Run("$env:PSModulePath = $args[1]; Get-Help $args[0]", topic, Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(ModuleSession.ModulePath))).Objects);
        Assert.Contains("SHORT DESCRIPTION", text, StringComparison.Ordinal);
        Assert.All(text.Split('\n'), line => Assert.InRange(line.TrimEnd('\r').Length, 0, 80));
    }

    private static List<string> FailureFactories()
    {
        using var session = new ModuleSession();
        Assert.NotNull(session.Run("Get-CheckpointArchive $args[0]", Fixture.Archive("crio-counter.tar")).Single);
        return
        [
            .. AppDomain.CurrentDomain.GetAssemblies()
                .Where(assembly => assembly.GetName().Name is "KubeCheckpoint" or "KubeCheckpoint.Core")
                .SelectMany(assembly => assembly.GetTypes())
                .Where(type => type.Name.EndsWith("Failure", StringComparison.Ordinal))
                .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
                .Where(method => !method.IsPrivate && !method.Name.StartsWith("From", StringComparison.Ordinal) && method.ReturnType.Name == "KubeCheckpointException")
                .Select(method => method.Name)
                .Distinct(),
        ];
    }

    private static string[] AcceptedValues(PropertyInfo property)
    {
        var type = property.PropertyType.GetElementType() ?? Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        return property.GetCustomAttribute<ValidateSetAttribute>() is { } set ? [.. set.ValidValues]
            : property.GetCustomAttribute<ValidateRangeAttribute>() is { } range ? [$"{range.MinRange} to {range.MaxRange}"]
            : type.IsEnum && type.Namespace == "KubeCheckpoint" ? Enum.GetNames(type)
            : [];
    }

    private static List<string> TypeNames(PSObject help, string list, string item) =>
    [
        .. Many((PSObject)help.Properties[list].Value, item)
            .Select(data => Text((PSObject)data.Properties["type"].Value, "name"))
    ];

    private static bool TakesPipeline(ParameterMetadata parameter) => parameter.ParameterSets.Values.Any(set => set.ValueFromPipeline);

    private List<PSObject> Parameters(string name) =>
        Many((PSObject)_session.Run("Get-Help $args[0] -Full", name).Single.Properties["parameters"].Value, "parameter");

    private static bool IsOurs(ParameterMetadata parameter) =>
        !Cmdlet.CommonParameters.Contains(parameter.Name) && !Cmdlet.OptionalCommonParameters.Contains(parameter.Name);

    private static string Text(PSObject item, string property) => item.Properties[property]?.Value?.ToString()?.Trim() ?? string.Empty;

    private static List<PSObject> Many(PSObject item, string property) =>
        item.Properties[property]?.Value is { } value ? [.. LanguagePrimitives.GetEnumerable(value)?.Cast<object>().Select(PSObject.AsPSObject) ?? [PSObject.AsPSObject(value)]] : [];

    private CommandInfo Command(string name) => (CommandInfo)_session.Run("Get-Command $args[0]", name).Single.BaseObject;

    [GeneratedRegex(@"^  ([A-Z]\w+)\s*$", RegexOptions.Multiline)]
    private static partial Regex ErrorRow();
}
