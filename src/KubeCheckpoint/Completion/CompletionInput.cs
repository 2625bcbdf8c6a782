using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace KubeCheckpoint.Completion;

/// <summary>
/// What is known when the Tab key is pressed: the parameters of the command, those of the commands before it in the pipeline, and
/// $PSDefaultParameterValues. The text of the pipeline is read and variables are looked up; no command runs. For the pipeline thread only.
/// </summary>
internal sealed class CompletionInput
{
    private readonly string _command;
    private readonly IDictionary _own;
    private readonly List<UpstreamCommand> _upstream;
    private readonly Lazy<IDictionary?> _defaults = new(() => SessionValue("PSDefaultParameterValues") as IDictionary);

    public CompletionInput(string command, CommandAst ast, IDictionary own)
    {
        _command = command;
        _own = own;
        _upstream = [.. UpstreamCommand.Before(ast)];
    }

    /// <summary>The value of a parameter: of this command, else of the nearest before it, else the session's default.</summary>
    /// <param name="names">The parameter's names; the first that is bound counts.</param>
    public string? Text(params string[] names) => Texts(names) is [var first, ..] ? first : null;

    /// <summary>The values of a parameter that takes several.</summary>
    /// <param name="names">The parameter's names; the first that is bound counts.</param>
    public IReadOnlyList<string> Texts(params string[] names) =>
        FirstFilled(names.Select(Own).Concat(_upstream.SelectMany(command => names.Select(command.Texts))).Concat(names.Select(Default)));

    /// <summary>Whether the line gives a parameter, and not the session's defaults alone.</summary>
    /// <param name="name">Its name.</param>
    public bool IsTyped(string name) => Has(name);

    /// <summary>Whether a switch is on.</summary>
    /// <param name="name">Its name.</param>
    public bool Has(string name) => Own(name).Count > 0 || _upstream.Any(command => command.Texts(name).Count > 0);

    /// <summary>The names of pods: -Name means a pod for the cmdlets of pods only.</summary>
    public IReadOnlyList<string> Pods => FirstFilled(
    [
        Own("PodName"),
        TakesPods(_command) ? Own("Name") : [],
        .. _upstream.Select(command => command.Texts("PodName")),
        .. _upstream.Where(command => TakesPods(command.Name)).Select(command => command.Texts("Name")),
    ]);

    /// <summary>The paths of archives, with or without wildcards.</summary>
    public (IReadOnlyList<string> Paths, IReadOnlyList<string> LiteralPaths) Archives
    {
        get
        {
            string[] paths = [.. Own("ReferencePath"), .. Own("Path")];
            var literal = Own("LiteralPath");
            if (paths.Length + literal.Count > 0)
                return (paths, literal);
            foreach (var command in _upstream)
            {
                var (path, literalPath) = (command.Texts("Path"), command.Texts("LiteralPath"));
                if (path.Count + literalPath.Count > 0)
                    return (path, literalPath);
                if (command.Name is "Get-CheckpointArchive" or "Get-ChildItem")
                    return (["."], []);
            }

            return ([], []);
        }
    }

    /// <summary>The value of a variable in the session, or null.</summary>
    /// <param name="variable">Its name.</param>
    public static object? SessionValue(string variable)
    {
        using var shell = PowerShell.Create(RunspaceMode.CurrentRunspace);
        shell.AddScript("$ExecutionContext.SessionState.PSVariable.GetValue($args[0])").AddArgument(variable);
        return shell.Invoke() switch
        {
            [] => null,
            [var one] => one?.BaseObject is { } value && value is not PSCustomObject ? value : one,
            var many => many.ToArray(),
        };
    }

    /// <summary>The full path of a file, which may be relative to the location of the session.</summary>
    /// <param name="path">The path, without wildcards.</param>
    public static string FullPath(string path)
    {
        using var shell = PowerShell.Create(RunspaceMode.CurrentRunspace);
        shell.AddScript("$ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($args[0])").AddArgument(path);
        return shell.Invoke<string>()[0];
    }

    private static bool TakesPods(string command) => command is "Get-Pod" or "Invoke-ContainerCheckpoint" or "Move-Pod" or "Restore-Pod" or "Test-PodRestore";

    private static IReadOnlyList<string> FirstFilled(IEnumerable<IReadOnlyList<string>> candidates) =>
        candidates.FirstOrDefault(texts => texts.Count > 0) ?? [];

    private IReadOnlyList<string> Own(string name) => UpstreamCommand.AsTexts(_own[name]);

    private IReadOnlyList<string> Default(string name)
    {
        if (_defaults.Value is not { } defaults)
            return [];
        foreach (DictionaryEntry entry in defaults)
        {
            if (entry.Key?.ToString()?.Split(':') is [var command, var parameter]
                && parameter.Equals(name, StringComparison.OrdinalIgnoreCase)
                && WildcardPattern.Get(command, WildcardOptions.IgnoreCase).IsMatch(_command))
            {
                return UpstreamCommand.AsTexts(entry.Value);
            }
        }

        return [];
    }
}
