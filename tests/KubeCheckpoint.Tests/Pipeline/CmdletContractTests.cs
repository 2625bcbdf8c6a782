using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Reflection;
using KubeCheckpoint.Tests.Engine;

namespace KubeCheckpoint.Tests.Pipeline;

/// <summary>Rules for the parameters of all cmdlets, including new ones.</summary>
public sealed class CmdletContractTests(CmdletContractTests.Commands commands) : IClassFixture<CmdletContractTests.Commands>
{
    private static readonly string[] Registry = ["RegistryCredential", "PlainHttp", "RegistryCACertificate", "SkipRegistryCertificateCheck"];
    private static readonly string[] LiteralPathAliases = ["PSPath", "LP"];
    private static readonly string[] Kubelet = ["Certificate", "Key", "CACertificate", "Token", "SkipCertificateCheck"];
    private static readonly string[] Cluster = ["KubeConfig", "Context", "As", "AsGroup"];
    private static readonly string[] Helper = ["HelperImage", "HelperNamespace", "HelperPullPolicy"];

    // Parameter names that must not be used, with the ones to use instead.
    private static readonly Dictionary<string, string> Names = new()
    {
        ["Overwrite"] = "Force",
        ["For"] = "Task",
        ["PodName"] = "Name",
        ["Credential"] = "RegistryCredential",
        ["Timeout"] = "TimeoutSec",
        ["LabelSelector"] = "Selector",
        ["Image"] = "Reference",
    };

    public static TheoryData<string> All
    {
        get
        {
            using var session = new ModuleSession();
            return [.. session.Run("(Get-Command -Module KubeCheckpoint).Name").Objects.Select(name => name.ToString())];
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Parameters_have_the_same_name_everywhere(string name) =>
        Assert.Empty(Parameters(name).Select(parameter => parameter.Name).Intersect(Names.Keys));

    [Theory]
    [MemberData(nameof(All))]
    public void Literal_paths_come_by_property_like_those_of_other_cmdlets(string name)
    {
        if (Find(name, "LiteralPath") is not { } path)
            return;
        Assert.All(path.ParameterSets.Values, set => Assert.True(set.ValueFromPipelineByPropertyName));
        Assert.Empty(LiteralPathAliases.Except(path.Aliases));
        Assert.DoesNotContain(path.Attributes, attribute => attribute is SupportsWildcardsAttribute);
        Assert.Contains(Find(name, "Path")!.Attributes, attribute => attribute is SupportsWildcardsAttribute);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Registry_parameters_come_together(string name)
    {
        var given = Registry.Where(parameter => Find(name, parameter) is not null).ToList();
        Assert.True(given.Count is 0 || given.Count == Registry.Length, $"{name} has only {string.Join(", ", given)}");
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Kubelet_parameters_need_a_kubelet_which_needs_no_cluster(string name)
    {
        if (Find(name, "KubeletUri") is not { } uri)
            return;
        foreach (var set in Sets(name))
        {
            var has = set.Parameters.Select(parameter => parameter.Name).ToList();
            Assert.Equal(uri.ParameterSets.ContainsKey(set.Name), has.Intersect(Kubelet).Any());
            Assert.Equal(!uri.ParameterSets.ContainsKey(set.Name), has.Intersect(Cluster).Any());
            Assert.False(uri.ParameterSets.ContainsKey(set.Name) && has.Intersect(Helper).Any(), $"{set.Name}: a kubelet makes no helper pod.");
        }
        Assert.All(uri.ParameterSets.Values, set => Assert.True(set.IsMandatory));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Namespaces_are_named_or_all_but_not_both(string name) =>
        Assert.DoesNotContain(Sets(name), set => set.Parameters.Any(parameter => parameter.Name == "Namespace") && set.Parameters.Any(parameter => parameter.Name == "AllNamespaces"));

    [Theory]
    [MemberData(nameof(All))]
    public void A_pattern_comes_first_and_the_path_second(string name)
    {
        foreach (var set in Sets(name).Where(set => set.Parameters.Any(parameter => parameter.Name == "Pattern")))
        {
            Assert.Equal(0, set.Parameters.Single(parameter => parameter.Name == "Pattern").Position);
            Assert.All(set.Parameters.Where(parameter => parameter.Name == "Path"), path => Assert.Equal(1, path.Position));
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Name_is_the_pod_with_wildcards_wherever_pods_are_taken(string name)
    {
        if (!name.EndsWith("-Pod", StringComparison.Ordinal) && name is not ("Invoke-ContainerCheckpoint" or "Test-PodRestore"))
            return;
        var pod = Find(name, "Name")!;
        Assert.Contains("PodName", pod.Aliases);
        if (name == "Restore-Pod")
            return;
        Assert.Contains(pod.Attributes, attribute => attribute is SupportsWildcardsAttribute);
        Assert.All(pod.ParameterSets.Values, set => Assert.Equal(0, set.Position));
        Assert.Contains(Find(name, "Namespace")!.Attributes, attribute => attribute is SupportsWildcardsAttribute);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Aliases_are_unambiguous(string name)
    {
        var names = Parameters(name).SelectMany(parameter => parameter.Aliases.Prepend(parameter.Name)).ToList();
        Assert.Equal(names.Distinct(StringComparer.OrdinalIgnoreCase), names);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Rules_name_parameters_of_the_cmdlet(string name)
    {
        var rules = commands.All[name].ImplementingType.GetCustomAttributes().Where(attribute => attribute.GetType().BaseType?.Name == "ParameterRuleAttribute");
        Assert.All(rules.SelectMany(Named), parameter => Assert.NotNull(Find(name, parameter)));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void No_cmdlet_has_more_than_four_base_classes(string name)
    {
        var depth = 0;
        for (var type = commands.All[name].ImplementingType.BaseType; type is not null && type != typeof(PSCmdlet); type = type.BaseType)
            depth++;
        Assert.InRange(depth, 1, 4);
    }

    private static IEnumerable<string> Named(Attribute rule) =>
        ((IEnumerable<string>)rule.GetType().GetProperty("Parameters")!.GetValue(rule)!).Append((string)rule.GetType().GetProperty("Other")!.GetValue(rule)!);

    private IEnumerable<ParameterMetadata> Parameters(string name) => commands.All[name].Parameters.Values.Where(parameter =>
        !Cmdlet.CommonParameters.Contains(parameter.Name) && !Cmdlet.OptionalCommonParameters.Contains(parameter.Name));

    private ParameterMetadata? Find(string name, string parameter) => commands.All[name].Parameters.GetValueOrDefault(parameter);

    private ReadOnlyCollection<CommandParameterSetInfo> Sets(string name) => commands.All[name].ParameterSets;

    /// <summary>The cmdlets as PowerShell sees them.</summary>
    public sealed class Commands
    {
        public Commands()
        {
            using var session = new ModuleSession();
            All = session.Run("Get-Command -Module KubeCheckpoint").Objects.Select(item => (CmdletInfo)item.BaseObject).ToDictionary(command => command.Name);
            foreach (var command in All.Values)
                _ = command.Parameters;
        }

        public IReadOnlyDictionary<string, CmdletInfo> All { get; }
    }
}
