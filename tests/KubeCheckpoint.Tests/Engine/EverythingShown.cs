using System.Management.Automation;
using System.Reflection;
using System.Text;

namespace KubeCheckpoint.Tests.Engine;

/// <summary>All that a user, a transcript or a log of a run can see: objects as views show them and with all that is in them, streams, errors.</summary>
internal static class EverythingShown
{
    private const string AllStreams = "$VerbosePreference = $DebugPreference = $InformationPreference = $WarningPreference = 'Continue'; $ConfirmPreference = 'None'; $Error.Clear(); ";

    private const int Depth = 4;

    /// <summary>Runs a script with all streams shown.</summary>
    /// <param name="session">The session.</param>
    /// <param name="script">The script.</param>
    /// <param name="arguments">Its arguments.</param>
    public static string Run(ModuleSession session, string script, params object?[] arguments)
    {
        using var shell = session.Prepare(AllStreams + "& {" + script + "} @args", arguments);
        var text = new StringBuilder();
        var output = new List<PSObject>();
        try
        {
            output.AddRange(shell.Invoke());
        }
        catch (RuntimeException exception)
        {
            Add(text, exception.ErrorRecord);
        }
        var streams = shell.Streams;
        text.AppendJoin('\n', streams.Warning.Select(record => record.Message))
            .AppendJoin('\n', streams.Verbose.Select(record => record.Message))
            .AppendJoin('\n', streams.Debug.Select(record => record.Message))
            .AppendJoin('\n', streams.Information.Select(record => record.ToString()))
            .AppendJoin('\n', streams.Progress.Select(record => $"{record.Activity} {record.StatusDescription} {record.CurrentOperation}"));
        foreach (var record in streams.Error.Concat(session.Run("$Error").Output.Select(record => record.BaseObject).OfType<ErrorRecord>()))
            Add(text, record);
        text.AppendJoin('\n', session.Show("foreach ($object in $args[0]) { $object }", [output.ToArray()])).Append(PSSerializer.Serialize(output.ToArray(), Depth));
        return text.ToString();
    }

    private static void Add(StringBuilder text, ErrorRecord record)
    {
        text.AppendLine($"{record} {record.FullyQualifiedErrorId} {record.CategoryInfo} {record.TargetObject} {record.ErrorDetails?.Message} {record.ErrorDetails?.RecommendedAction}");
        for (var exception = record.Exception; exception is not null; exception = exception.InnerException)
        {
            text.AppendLine(exception.ToString());
            AddProperties(text, exception, Depth);
        }
    }

    // What a user reaches from an exception by naming properties.
    private static void AddProperties(StringBuilder text, object value, int depth)
    {
        if (value is string or ValueType || depth == 0)
        {
            text.Append(value).Append(' ');
            return;
        }
        foreach (var property in value.GetType().GetProperties().Where(property => property.GetIndexParameters().Length == 0 && !IsOfRuntime(property.PropertyType)))
        {
            try
            {
                if (property.GetValue(value) is { } inner)
                    AddProperties(text, inner, depth - 1);
            }
            catch (TargetInvocationException)
            {
                // It has no value.
            }
        }
    }

    private static bool IsOfRuntime(Type type) => typeof(Exception).IsAssignableFrom(type) || type.Namespace is "System.Reflection" or "System.Diagnostics";
}
