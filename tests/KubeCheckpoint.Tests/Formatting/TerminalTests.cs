using System.Reflection;
using System.Xml.Linq;
using KubeCheckpoint.Tests.Engine;

namespace KubeCheckpoint.Tests.Formatting;

/// <summary>Text from archives, images, events and runtimes is shown, and never controls the terminal.</summary>
public sealed class TerminalTests : IDisposable
{
    private const string Hostile = "\u001b]0;owned\u0007\u202e\r";

    private readonly ClusterSession _session = new();
    private readonly string _archive = Fixture.Archive("crio-counter.tar");

    public void Dispose() => _session.Dispose();

    [Fact]
    public void Every_text_in_a_view_is_made_printable()
    {
        var raw = Directory.GetFiles(Path.Combine(ModuleSession.ModulePath, "Views")).SelectMany(file => XDocument.Load(file).Descendants("View"))
            .SelectMany(view => view.Descendants("PropertyName").Select(property => (Type: TypeOf(view), Property: property.Value)))
            .Where(shown => PropertyOf(shown.Type, shown.Property).PropertyType == typeof(string))
            .Select(shown => $"{shown.Type.Name}.{shown.Property}");

        Assert.Empty(raw);
    }

    [Theory]
    [InlineData("Get-RestoreImage -Path $args[0]")]
    [InlineData("Test-RestoreImage -Path $args[0]")]
    [InlineData("(Test-RestoreImage -Path $args[0]).Findings")]
    [InlineData("Publish-RestoreImage $args[0] -Repository $args[1]")]
    [InlineData("Publish-RestoreImage $args[0] -Repository $args[1] -WhatIf")]
    [InlineData("Publish-RestoreImage $args[0] -Repository $args[1] | Restore-Pod -WhatIf")]
    [InlineData("Publish-RestoreImage $args[0] -Repository $args[1] | Restore-Pod -Patch @{ metadata = @{ name = 'x'; namespace = 'shop' } } -WhatIf")]
    [InlineData("Publish-RestoreImage $args[0] -Repository $args[1] | Test-PodRestore -WhatIf")]
    [InlineData("Publish-RestoreImage $args[0] -Repository $args[1] | Test-PodRestore")]
    public void A_hostile_image_does_not_control_the_terminal(string script)
    {
        var layout = Layout(new HostileImage
        {
            Annotations = { ["org.criu.checkpoint.pod.name"] = "web" + Hostile, ["org.criu.checkpoint.pod.namespace"] = "shop" + Hostile, ["org.criu.checkpoint.rootfsImageName"] = Hostile },
            Labels =
            {
                ["io.kubecheckpoint.container.name"] = "counter" + Hostile,
                ["io.kubecheckpoint.pod.manifest"] = $$$"""{"metadata":{"name":"web{{{Escaped}}}","namespace":"shop{{{Escaped}}}"},"spec":{"containers":[{"name":"counter{{{Escaped}}}","image":"c"}]}}""",
            },
        });

        AssertHarmless(_session.Run("$ConfirmPreference = 'None'; " + script, layout, _session.Repository), Shown(script, layout, _session.Repository));
    }

    [Fact]
    public void Probe_responses_do_not_control_the_terminal()
    {
        // A pod can send the response of an API server that cannot reach it.
        _session.Cluster.ServePods((_, _, _) => (503, $$"""{"kind":"Status","apiVersion":"v1","status":"Failure","code":503,"message":"error trying to reach service: no {{Escaped}}"}"""));
        const string Script = "Test-PodRestore web-1 -Namespace shop -Repository $args[0] -HttpGet 8088/ -ProbeTimeoutSec 1";

        var shown = Shown(Script, _session.Repository);
        AssertHarmless(null, shown);
        Assert.Contains("no\\u001b", string.Concat(shown).Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        AssertHarmless(null, Shown(Script + " | ForEach-Object Probes", _session.Repository));
    }

    [Fact]
    public void Reports_of_a_node_do_not_control_the_terminal()
    {
        _session.Cluster.UpdateNode("node1", node => node["status"]!["nodeInfo"]!["kubeletVersion"] = "v1.36.2" + Hostile);
        _session.Cluster.UpdateNode("node2", node => node["status"]!["nodeInfo"]!["containerRuntimeVersion"] = "cri-o://1.36.3" + Hostile);

        AssertHarmless(_session.Run("Test-CheckpointSupport"), Shown("Test-CheckpointSupport"));
        AssertHarmless(null, Shown("(Test-CheckpointSupport).Checks"));
        AssertHarmless(null, Shown("Test-CheckpointArchive $args[0] -NodeName node* -NoHelper", _archive));
    }

    [Fact]
    public void A_name_with_quotes_is_completed_as_one_argument()
    {
        // In PowerShell, a typographic quote also ends a string that begins with '.
        var layout = Layout(new HostileImage { Name = "a\u2019; Remove-Item x #" }, new HostileImage { Name = "b" + Hostile });

        Assert.Equal(["'a\u2019\u2019; Remove-Item x #'"], _session.Session.Complete($"Get-RestoreImage -Path '{layout}' -Name "));
    }

    private const string Escaped = @"\u001b]0;owned\u0007\u202e\r";

    private string Layout(params HostileImage[] images)
    {
        var layout = Path.Combine(_session.Folder, "layout");
        foreach (var image in images)
            image.Write(_session, _archive, layout);
        return layout;
    }

    private string[] Shown(string script, params object[] arguments) => _session.Session.Show($"{script} 2>&1", arguments);

    // The tests' host removes escape sequences as a redirected pwsh does; BEL, which ends some, would remain.
    private static void AssertHarmless(Outcome? outcome, string[] shown)
    {
        foreach (var text in shown.Concat(outcome?.Errors.SelectMany(error => new[] { error.ToString(), error.CategoryInfo.ToString(), error.ErrorDetails.RecommendedAction }) ?? []))
            Assert.True(text.All(c => !char.IsControl(c) || c is '\n' or '\t') && !text.Contains('\u202e', StringComparison.Ordinal), text);
    }

    private static Type TypeOf(XElement view) => AppDomain.CurrentDomain.GetAssemblies()
        .First(assembly => assembly.GetName().Name == "KubeCheckpoint.Model").GetType(view.Descendants("TypeName").First().Value, throwOnError: true)!;

    private static PropertyInfo PropertyOf(Type type, string name) => type.GetProperty(name) ?? throw new InvalidOperationException($"{type} has no {name}.");
}
