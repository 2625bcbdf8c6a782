using System.Diagnostics;

namespace KubeCheckpoint.Fuzz;

/// <summary>What a reader must not do, whatever it reads.</summary>
/// <param name="Case">The case.</param>
/// <param name="Target">What was read.</param>
/// <param name="Reader">What read it.</param>
/// <param name="Kind">What it did: the type of an exception, or time, allocation, hang.</param>
/// <param name="Site">The method of the module where it happened; empty where that is not known.</param>
/// <param name="Message">What it says.</param>
internal sealed record Fault(long Case, string Target, string Reader, string Kind, string Site, string Message)
{
    /// <summary>Faults with the same key are one fault that many cases show.</summary>
    public string Key => $"{Kind} in {(Site.Length > 0 ? Site : Reader)}";

    public static Fault Of(long number, string target, string reader, Exception exception) =>
        new(number, target, reader, exception.GetType().Name, SiteOf(exception), exception.ToString());

    private static string SiteOf(Exception exception)
    {
        foreach (var frame in new StackTrace(exception).GetFrames())
        {
            if (frame.GetMethod() is { DeclaringType: { Assembly: var assembly } type } method && assembly == typeof(Archives.Contents.ArchiveFile).Assembly)
                return $"{type.FullName}.{method.Name}";
        }
        return "";
    }
}
