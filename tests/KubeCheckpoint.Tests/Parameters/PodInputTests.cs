using KubeCheckpoint.Tests.Engine;
using static KubeCheckpoint.Tests.Engine.ObjectProperties;

namespace KubeCheckpoint.Tests.Parameters;

/// <summary>Every cmdlet that accepts pods accepts them in all these forms.</summary>
public sealed class PodInputTests(SharedCluster cluster) : IClassFixture<SharedCluster>
{
    private static readonly string[] Cmdlets =
    [
        "Get-Pod", "Invoke-ContainerCheckpoint -WhatIf", "Move-Pod -NodeName node2 -Repository r.local/a -AsStandalone -SkipPreflight -WhatIf",
        "Test-PodRestore -Repository r.local/a -WhatIf",
    ];

    public static TheoryData<string, string> Pipelines
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var cmdlet in Cmdlets)
            {
                foreach (var form in (string[])["[pscustomobject]@{ Name = 'web-1'; Namespace = 'shop' }", "[pscustomobject]@{ PodName = 'web-1'; Namespace = 'shop' }", "Get-Pod web-1 -Namespace shop"])
                    data.Add(form, cmdlet);
            }
            return data;
        }
    }

    public static TheoryData<string, string, int> Lines
    {
        get
        {
            var data = new TheoryData<string, string, int>();
            foreach (var cmdlet in Cmdlets)
            {
                data.Add(cmdlet, "web-1 -Namespace shop", 1);
                data.Add(cmdlet, "-Name web-1 -Namespace shop", 1);
                data.Add(cmdlet, "web-* -Namespace shop", 2);
                data.Add(cmdlet, "web-1, web-* -n sh*", 2);
                data.Add(cmdlet, "nothing* -Namespace shop", 0);
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Pipelines))]
    public void Takes_a_pod_in_every_form(string form, string cmdlet) => Assert.Equal(1, Pods($"{form} | {cmdlet}"));

    [Theory]
    [MemberData(nameof(Lines))]
    public void Takes_names_and_wildcards(string cmdlet, string pods, int count) => Assert.Equal(count, Pods($"{cmdlet} {pods}"));

    [Theory]
    [InlineData("Invoke-ContainerCheckpoint -WhatIf")]
    [InlineData("Move-Pod -NodeName node2 -Repository r.local/a -WhatIf")]
    [InlineData("Test-PodRestore -Repository r.local/a -WhatIf")]
    public void A_missing_pod_is_an_error(string cmdlet) => Assert.Equal("PodNotFound", cluster.Session.Run($"{cmdlet} gone -Namespace shop").ErrorId);

    [Theory]
    [InlineData("Invoke-ContainerCheckpoint -WhatIf")]
    [InlineData("Move-Pod -NodeName node2 -Repository r.local/a -WhatIf")]
    [InlineData("Test-PodRestore -Repository r.local/a -WhatIf")]
    public void A_name_without_a_namespace_is_not_a_pod(string cmdlet) =>
        Assert.Equal("InputNotAPod", cluster.Session.Run($"[pscustomobject]@{{ Name = 'web-1' }} | {cmdlet}").ErrorId);

    // With -WhatIf, the pods are those in PowerShell's messages.
    private int Pods(string script)
    {
        if (!script.Contains("-WhatIf", StringComparison.Ordinal))
            return Texts(cluster.Session.Run(script), "PodName").Count;
        return cluster.Session.Session.Show(script).Count(line => line.StartsWith("What if:", StringComparison.Ordinal));
    }
}
