using System.Collections;
using System.Management.Automation;

namespace KubeCheckpoint.Completion;

/// <summary>Completes names that the archive of -Path or -LiteralPath can list.</summary>
public abstract class ArchiveCompleter : ListCompleter
{
    // The location of a session is known to its pipeline thread only, and Resolve-Path may not be there.
    private const string Resolve = "$ExecutionContext.SessionState.Path.GetResolvedPSPathFromPSPath($args[0]).ProviderPath";
    private const string ResolveLiteral = "$ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($args[0])";

    private protected abstract IEnumerable<string> List(string path, CancellationToken cancellationToken);

    private protected sealed override string? KeyOf(IDictionary bound)
    {
        if ((Text(bound, "Path") ?? Text(bound, "LiteralPath")) is not { } path)
            return null;
        try
        {
            using var shell = PowerShell.Create(RunspaceMode.CurrentRunspace);
            shell.AddScript(Text(bound, "Path") is null ? ResolveLiteral : Resolve).AddArgument(path);
            return shell.Invoke().FirstOrDefault()?.ToString();
        }
        catch (RuntimeException)
        {
            return null;
        }
    }

    private protected sealed override Task<IReadOnlyList<string>> ListAsync(string key, IDictionary bound, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<string>>([.. List(key, cancellationToken).Select(WildcardPattern.Escape)]);
}
