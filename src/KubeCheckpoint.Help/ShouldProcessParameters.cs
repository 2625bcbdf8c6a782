using System.Management.Automation;

namespace KubeCheckpoint.Help;

/// <summary>The parameters that PowerShell itself adds to a cmdlet that supports ShouldProcess.</summary>
internal sealed class ShouldProcessParameters
{
    public static IEnumerable<ParameterHelp> Help =>
    [
        Describe(nameof(WhatIf), "Shows what the cmdlet would do, and changes nothing."),
        Describe(nameof(Confirm), "Asks for confirmation before each change."),
    ];

    [Parameter]
    [Alias("wi")]
    public SwitchParameter WhatIf { get; set; }

    [Parameter]
    [Alias("cf")]
    public SwitchParameter Confirm { get; set; }

    private static ParameterHelp Describe(string name, string text) =>
        new(typeof(ShouldProcessParameters).GetProperty(name)!, [text], new SwitchParameter());
}
