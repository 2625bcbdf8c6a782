using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;

namespace KubeCheckpoint.Tests.Engine;

/// <summary>A runspace of the real engine with the built module imported.</summary>
internal sealed class ModuleSession : IDisposable
{
    private readonly StringWriter _shown = new();
    private readonly Runspace _runspace;

    /// <param name="import">False for a session without the module.</param>
    /// <param name="output">Receives what Out-Host shows; null for <see cref="Show"/>.</param>
    public ModuleSession(bool import = true, TextWriter? output = null)
    {
        Host = new TranscriptHost(output ?? _shown);
        _runspace = RunspaceFactory.CreateRunspace(Host, InitialSessionState.CreateDefault2());
        _runspace.Open();
        if (import)
            Run("Import-Module $args[0]", ModulePath);
    }

    public static string ModulePath { get; } = Metadata("ModulePath");

    public TranscriptHost Host { get; }

    public static string Metadata(string key) => typeof(ModuleSession).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == key).Value!;

    /// <summary>Runs a script to its end; the arguments are its $args.</summary>
    public Outcome Run(string script, params object?[] arguments)
    {
        using var shell = Prepare(script, arguments);
        var output = new List<PSObject>();
        RuntimeException? terminating = null;
        try
        {
            output.AddRange(shell.Invoke());
        }
        catch (RuntimeException exception)
        {
            terminating = exception;
        }

        return new Outcome(output, [.. shell.Streams.Error], [.. shell.Streams.Warning], terminating);
    }

    /// <summary>The output of a script as a user sees it, in lines.</summary>
    public string[] Show(string script, params object?[] arguments)
    {
        _shown.GetStringBuilder().Clear();
        Assert.Empty(Run($"& {{ {script} }} @args | Out-Host", arguments).Objects);
        return [.. _shown.ToString().Split('\n').Select(line => line.TrimEnd())];
    }

    /// <summary>Prepares a script that the test starts and stops itself.</summary>
    public PowerShell Prepare(string script, params object?[] arguments)
    {
        var shell = PowerShell.Create(_runspace);
        shell.AddScript(script);
        foreach (var argument in arguments)
            shell.AddArgument(argument);
        return shell;
    }

    /// <summary>What tab completion offers at the end of a line.</summary>
    public IReadOnlyList<string> Complete(string line)
    {
        using var shell = PowerShell.Create(_runspace);
        return [.. CommandCompletion.CompleteInput(line, line.Length, null, shell).CompletionMatches.Select(match => match.CompletionText)];
    }

    public void Dispose()
    {
        _runspace.Dispose();
        _shown.Dispose();
    }
}
