using System.Management.Automation;
using System.Xml.Linq;

namespace KubeCheckpoint.Help;

/// <summary>The parameters PowerShell itself adds to a cmdlet that supports ShouldProcess.</summary>
internal sealed class ShouldProcessParameters
{
    public static IEnumerable<ParameterHelp> Help =>
    [
        Describe(nameof(WhatIf), "Says what would be done, and does nothing."),
        Describe(nameof(Confirm), "Asks before each thing that would be changed."),
    ];

    [Parameter]
    [Alias("wi")]
    public SwitchParameter WhatIf { get; set; }

    [Parameter]
    [Alias("cf")]
    public SwitchParameter Confirm { get; set; }

    private static ParameterHelp Describe(string name, string text) =>
        new(typeof(ShouldProcessParameters).GetProperty(name)!, new XElement("member", new XElement("summary", text)));
}
