using System.Collections;
using System.Collections.Concurrent;
using System.Management.Automation;
using System.Management.Automation.Language;
using KubeCheckpoint.Formatting;

namespace KubeCheckpoint.Completion;

/// <summary>
/// Completes names out of a list that takes time to get. Completers do not hear Ctrl+C: an answer that takes too long is given up,
/// and what was listed is kept for a while so that the next key costs nothing. Names that a prompt cannot show as they are, are not offered.
/// </summary>
public abstract class ListCompleter : IArgumentCompleter
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(10);
    private static readonly ConcurrentDictionary<string, (DateTimeOffset Listed, IReadOnlyList<string> Names)> Cache = new();

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
        return ListOrNothing(fakeBoundParameters)
            .Where(name => pattern.IsMatch(name) && Display.Printable(name) == name)
            .Order(StringComparer.Ordinal)
            .Select(name => new CompletionResult(Quoted(name), name, CompletionResultType.ParameterValue, name));
    }

    /// <summary>What tells one list from another, or null where the parameters bound so far name none. On the pipeline thread.</summary>
    /// <param name="bound">The parameters bound so far.</param>
    private protected abstract string? KeyOf(IDictionary bound);

    private protected abstract Task<IReadOnlyList<string>> ListAsync(string key, IDictionary bound, CancellationToken cancellationToken);

    private protected static string? Text(IDictionary bound, string parameter) =>
        (bound[parameter] is object[] { Length: > 0 } many ? many[0] : bound[parameter])?.ToString() is { Length: > 0 } text ? text : null;

    private IReadOnlyList<string> ListOrNothing(IDictionary bound)
    {
        if (KeyOf(bound) is not { } key)
            return [];
        var cacheKey = $"{GetType().Name}|{key}";
        if (Cache.TryGetValue(cacheKey, out var known) && DateTimeOffset.UtcNow - known.Listed < Freshness)
            return known.Names;

        using var patience = new CancellationTokenSource(Patience);
        try
        {
            var listing = Task.Run(() => ListAsync(key, bound, patience.Token), patience.Token);
            if (!listing.Wait(Patience))
                return [];
            Cache[cacheKey] = (DateTimeOffset.UtcNow, listing.Result);
            return listing.Result;
        }
        catch (AggregateException)
        {
            // A completion that cannot be had is no completion, never an error at the prompt.
            return [];
        }
    }

    private static string Quoted(string name) =>
        name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or '/') ? name : $"'{CodeGeneration.EscapeSingleQuotedStringContent(name)}'";
}
