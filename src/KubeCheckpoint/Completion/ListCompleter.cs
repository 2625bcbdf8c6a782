using System.Collections;
using System.Collections.Concurrent;
using System.Management.Automation;
using System.Management.Automation.Language;
using KubeCheckpoint.Formatting;

namespace KubeCheckpoint.Completion;

/// <summary>
/// Completes names from a list that takes time to get. Completers do not hear Ctrl+C: a list that takes too long is given up, and what
/// was listed is kept for a while so that the next key costs nothing. Names that a prompt cannot show as they are, are not offered.
/// </summary>
public abstract class ListCompleter : IArgumentCompleter
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(10);
    private static readonly ConcurrentDictionary<string, (DateTimeOffset Listed, IReadOnlyList<CompletionItem> Items)> Cache = new();

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName,
        string parameterName,
        string wordToComplete,
        CommandAst commandAst,
        IDictionary fakeBoundParameters)
    {
        var word = wordToComplete.Trim('\'', '"');
        var pattern = WildcardPattern.Get(word + "*", WildcardOptions.IgnoreCase);
        return
        [
            .. ListOrNothing(commandName, commandAst, fakeBoundParameters)
                .Where(item => pattern.IsMatch(item.Text) && Display.Printable(item.Text) == item.Text)
                .OrderBy(item => item.Text, StringComparer.Ordinal)
                .Select(item => new CompletionResult(Quoted(item.Text), item.Text, CompletionResultType.ParameterValue, ToolTip(item))),
        ];
    }

    /// <summary>What to list, or null if the parameters bound so far do not say. On the pipeline thread.</summary>
    /// <param name="input">The parameters bound so far.</param>
    private protected abstract CompletionList? Prepare(CompletionInput input);

    private static string ToolTip(CompletionItem item) =>
        string.IsNullOrWhiteSpace(item.Description) ? item.Text : Display.Printable($"{item.Text}: {item.Description.Trim()}")!;

    private static string Quoted(string name) =>
        name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or '/') ? name : $"'{CodeGeneration.EscapeSingleQuotedStringContent(name)}'";

    // PowerShell offers file names after an exception: a list that cannot be had is an empty one.
    private IReadOnlyList<CompletionItem> ListOrNothing(string commandName, CommandAst commandAst, IDictionary bound)
    {
        try
        {
            return Prepare(new CompletionInput(commandName, commandAst, bound)) is { } list ? Get(list) : [];
        }
        catch (Exception exception) when (exception is AggregateException or RuntimeException or KubeCheckpointException)
        {
            return [];
        }
    }

    private IReadOnlyList<CompletionItem> Get(CompletionList list)
    {
        var key = $"{GetType().Name}|{list.Key}";
        if (Cache.TryGetValue(key, out var known) && DateTimeOffset.UtcNow - known.Listed < Freshness)
            return known.Items;

        using var patience = new CancellationTokenSource(Patience);
        var listing = Task.Run(() => list.GetAsync(patience.Token), patience.Token);
        if (!listing.Wait(Patience))
            return [];
        IReadOnlyList<CompletionItem> items = [.. listing.Result.DistinctBy(item => item.Text)];
        Cache[key] = (DateTimeOffset.UtcNow, items);
        return items;
    }
}

/// <summary>A value to offer.</summary>
/// <param name="Text">The value.</param>
/// <param name="Description">What the tooltip adds to it, or null.</param>
internal sealed record CompletionItem(string Text, string? Description);

/// <summary>A list that can be had.</summary>
/// <param name="Key">What tells it from others.</param>
/// <param name="GetAsync">Gets it, off the pipeline thread.</param>
internal sealed record CompletionList(string Key, Func<CancellationToken, Task<IReadOnlyList<CompletionItem>>> GetAsync);

/// <summary>Offers nothing, for values that only the user knows. Without it PowerShell would offer the names of files.</summary>
public sealed class FreeTextCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) => [];
}
