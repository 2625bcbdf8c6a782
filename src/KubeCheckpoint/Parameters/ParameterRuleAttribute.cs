using System.Collections;
using System.Management.Automation;
using System.Reflection;

namespace KubeCheckpoint.Parameters;

/// <summary>
/// Parameters of a cmdlet that have no effect with another one, or without it. Giving them is an error: nothing a user gives is ignored
/// without a word. For what parameter sets cannot say without multiplying.
/// </summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
internal abstract class ParameterRuleAttribute(string other, string[] parameters) : Attribute
{
    public string Other => other;

    public IReadOnlyList<string> Parameters => parameters;

    /// <summary>Checks the parameters of a cmdlet that has just begun.</summary>
    /// <exception cref="KubeCheckpointException">ParameterWithoutEffect.</exception>
    public static void Check(PSCmdlet cmdlet)
    {
        foreach (var rule in cmdlet.GetType().GetCustomAttributes<ParameterRuleAttribute>())
        {
            var given = rule.Parameters.FirstOrDefault(parameter => IsGiven(cmdlet, parameter) && !IsDefault(cmdlet, parameter));
            if (given is not null && rule.IsBroken(IsGiven(cmdlet, rule.Other)))
                throw rule.Failure(given);
        }
    }

    private protected abstract bool IsBroken(bool isOtherGiven);

    private protected abstract KubeCheckpointException Failure(string parameter);

    private static bool IsGiven(PSCmdlet cmdlet, string parameter) =>
        cmdlet.MyInvocation.BoundParameters.TryGetValue(parameter, out var value) && value is not SwitchParameter { IsPresent: false };

    // Defaults that a user has set for many cmdlets are no mistake where one of them has no use for it.
    private static bool IsDefault(PSCmdlet cmdlet, string parameter) =>
        cmdlet.GetVariableValue("PSDefaultParameterValues") is IDictionary defaults
        && defaults.Keys.OfType<string>().Any(key => ParameterPattern(key).IsMatch(parameter));

    // A key is the cmdlet's name, a colon and the parameter's name, both with wildcards.
    private static WildcardPattern ParameterPattern(string key) =>
        WildcardPattern.Get(key[(key.LastIndexOf(':') + 1)..].Trim(), WildcardOptions.IgnoreCase);
}

/// <summary>Parameters that have no effect without another one.</summary>
internal sealed class OnlyWithAttribute(string other, params string[] parameters) : ParameterRuleAttribute(other, parameters)
{
    private protected override bool IsBroken(bool isOtherGiven) => !isOtherGiven;

    private protected override KubeCheckpointException Failure(string parameter) =>
        ParameterFailure.ParameterWithoutEffect(parameter, $"without -{Other}", $"Leave it out, or give -{Other} as well.");
}

/// <summary>Parameters that have no effect with another one.</summary>
internal sealed class NotWithAttribute(string other, params string[] parameters) : ParameterRuleAttribute(other, parameters)
{
    private protected override bool IsBroken(bool isOtherGiven) => isOtherGiven;

    private protected override KubeCheckpointException Failure(string parameter) =>
        ParameterFailure.ParameterWithoutEffect(parameter, $"with -{Other}", "Leave one of them out.");
}
