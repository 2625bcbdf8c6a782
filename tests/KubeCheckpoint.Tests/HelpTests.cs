using System.Management.Automation;
using System.Reflection;
using System.Text.RegularExpressions;
using KubeCheckpoint.Tests.Engine;

namespace KubeCheckpoint.Tests;

/// <summary>What every cmdlet must land with: help, OutputType, a view, completion, and failures that the table knows.</summary>
public sealed partial class HelpTests : IDisposable
{
    // Names that a cluster can list; whoever adds a parameter of such a name owes it a completer.
    private static readonly string[] Listable = ["PodName", "Namespace", "NodeName", "ContainerName", "Context", "HelperNamespace"];

    // Whatever begins with another verb changes something, if only a file.
    private static readonly string[] ReadingVerbs = ["Get", "Search", "Test", "Compare", "ConvertFrom"];

    // And of those with a reading verb: these make a pod of their own, some of them only when they are to look closely.
    private static readonly string[] ChangingReaders = ["Test-CheckpointArchive", "Test-CheckpointSupport", "Test-PodRestore"];

    private readonly ModuleSession _session = new();

    public static TheoryData<string> CmdletNames
    {
        get
        {
            using var session = new ModuleSession();
            return [.. session.Run("(Get-Command -Module KubeCheckpoint).Name").Objects.Select(name => name.ToString())];
        }
    }

    public void Dispose() => _session.Dispose();

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
        var help = _session.Run("Get-Help $args[0] -Full", name).Single;
        var described = Many((PSObject)help.Properties["parameters"].Value, "parameter")
            .Where(parameter => Many(parameter, "description").Any(paragraph => Text(paragraph, "Text").Length > 10))
            .Select(parameter => Text(parameter, "name"))
            .ToList();

        Assert.Empty(Command(name).Parameters.Values.Where(IsOurs).Select(parameter => parameter.Name).Except(described));
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
    }

    private static List<string> FailureFactories()
    {
        using var session = new ModuleSession();
        Assert.NotNull(session.Run("Get-CheckpointArchive $args[0]", Path.Combine(AppContext.BaseDirectory, "fixtures", "archives", "crio-counter.tar")).Single);
        return
        [
            .. AppDomain.CurrentDomain.GetAssemblies()
                .Where(assembly => assembly.GetName().Name is "KubeCheckpoint" or "KubeCheckpoint.Core")
                .SelectMany(assembly => assembly.GetTypes())
                .Where(type => type.Name.EndsWith("Failure", StringComparison.Ordinal))
                .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
                .Where(method => !method.IsPrivate && method.ReturnType.Name == "KubeCheckpointException")
                .Select(method => method.Name)
                .Distinct(),
        ];
    }

    private static bool IsOurs(ParameterMetadata parameter) =>
        !Cmdlet.CommonParameters.Contains(parameter.Name) && !Cmdlet.OptionalCommonParameters.Contains(parameter.Name);

    private static string Text(PSObject item, string property) => item.Properties[property]?.Value?.ToString()?.Trim() ?? string.Empty;

    private static List<PSObject> Many(PSObject item, string property) =>
        item.Properties[property]?.Value is { } value ? [.. LanguagePrimitives.GetEnumerable(value)?.Cast<object>().Select(PSObject.AsPSObject) ?? [PSObject.AsPSObject(value)]] : [];

    private CommandInfo Command(string name) => (CommandInfo)_session.Run("Get-Command $args[0]", name).Single.BaseObject;

    [GeneratedRegex(@"^  ([A-Z]\w+)\s*$", RegexOptions.Multiline)]
    private static partial Regex ErrorRow();
}
