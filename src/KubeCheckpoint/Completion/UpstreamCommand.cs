using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace KubeCheckpoint.Completion;

/// <summary>A command, variable or constant before a command in its pipeline, and what it binds.</summary>
/// <param name="Name">The command's name; empty for a variable or constant.</param>
/// <param name="Texts">The values of a parameter, or of a property of a variable's objects.</param>
internal sealed record UpstreamCommand(string Name, Func<string, IReadOnlyList<string>> Texts)
{
    /// <summary>What stands before a command in its pipeline, the nearest first.</summary>
    /// <param name="ast">The command.</param>
    public static IEnumerable<UpstreamCommand> Before(CommandAst ast) =>
        ast.Parent is PipelineAst pipeline ? Of(pipeline.PipelineElements.TakeWhile(element => element != ast)) : [];

    /// <summary>A bound value as texts.</summary>
    /// <param name="value">The value.</param>
    public static IReadOnlyList<string> AsTexts(object? value) => value switch
    {
        null or ScriptBlock => [],
        PSObject { BaseObject: not PSCustomObject } wrapped => AsTexts(wrapped.BaseObject),
        string text => text.Length > 0 ? [text] : [],
        IDictionary => [],
        IEnumerable many => [.. many.Cast<object?>().SelectMany(AsTexts)],
        SwitchParameter on => on ? ["true"] : [],
        var other => other.ToString() is { Length: > 0 } text ? [text] : [],
    };

    private static IEnumerable<UpstreamCommand> Of(IEnumerable<CommandBaseAst> elements) => elements.Reverse().SelectMany(element => element switch
    {
        CommandAst command => [OfCommand(command)],
        CommandExpressionAst { Expression: ParenExpressionAst { Pipeline: PipelineAst inner } } => Of(inner.PipelineElements),
        CommandExpressionAst { Expression: var expression } => [OfObjects(ValueOf(expression))],
        _ => Array.Empty<UpstreamCommand>(),
    });

    private static UpstreamCommand OfCommand(CommandAst command)
    {
        var bound = StaticParameterBinder.BindCommand(command, resolve: true).BoundParameters;
        return new(command.GetCommandName() ?? "", name => bound.TryGetValue(name, out var value)
            ? AsTexts(value.ConstantValue ?? ValueOf(value.Value))
            : []);
    }

    private static UpstreamCommand OfObjects(object? value)
    {
        var objects = value as object?[] ?? [value];
        return new("", name => [.. objects.SelectMany(one => OfObject(one, name))]);
    }

    // An archive is named by its own path or by that of what was read from it; a text may be a path or a pod.
    private static IReadOnlyList<string> OfObject(object? one, string name)
    {
        if (one is null)
            return [];
        var item = PSObject.AsPSObject(one);
        if (item.BaseObject is string text)
            return name is "Path" or "PodName" ? [text] : [];
        string[] properties = name switch
        {
            "LiteralPath" when item.BaseObject is CheckpointArchive => ["Path"],
            "LiteralPath" => ["ArchivePath", "FullName"],
            "Path" or "Name" => [],
            _ => [name],
        };
        return properties.Select(property => AsTexts(item.Properties[property]?.Value)).FirstOrDefault(texts => texts.Count > 0) ?? [];
    }

    private static object? ValueOf(Ast? ast)
    {
        try
        {
            return ast switch
            {
                VariableExpressionAst variable => CompletionInput.SessionValue(variable.VariablePath.UserPath),
                ExpressionAst expression => expression.SafeGetValue(),
                _ => null,
            };
        }
        catch (InvalidOperationException)
        {
            // An expression that only running it would tell the value of.
            return null;
        }
    }
}
