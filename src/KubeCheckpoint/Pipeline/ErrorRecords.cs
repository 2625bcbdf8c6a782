using System.Management.Automation;
using KubeCheckpoint.Formatting;

namespace KubeCheckpoint.Pipeline;

/// <summary>Failures as PowerShell shows them.</summary>
internal static class ErrorRecords
{
    private const string UnexpectedErrorId = "UnexpectedFailure";

    /// <summary>An error record with the failure's id, category and advice.</summary>
    /// <param name="exception">The failure.</param>
    /// <param name="target">
    /// The pipeline's input object, or null to use what the failure itself names. A failure of CRIU is a target itself: it holds CRIU's log.
    /// </param>
    public static ErrorRecord ToErrorRecord(this Exception exception, object? target)
    {
        var record = exception is KubeCheckpointException failure
            ? new ErrorRecord(failure, failure.ErrorId, CategoryOf(failure), DetailOf(failure) ?? target ?? failure.Target)
            {
                ErrorDetails = new ErrorDetails(failure.Message) { RecommendedAction = failure.RecommendedAction },
            }
            : new ErrorRecord(exception, UnexpectedErrorId, ErrorCategory.NotSpecified, target)
            {
                ErrorDetails = new ErrorDetails(Display.PrintableLines(exception.Message)),
            };
        // Shown with the category, and as hostile as the object it names.
        record.CategoryInfo.TargetName = Display.Printable(record.CategoryInfo.TargetName);
        return record;
    }

    /// <summary>What an error shows instead of the input: a run of CRIU, or the files of a restored pod, also where a move failed for them.</summary>
    private static object? DetailOf(KubeCheckpointException failure) => failure.Target switch
    {
        FailedCriuRun or RestoredFiles => failure.Target,
        _ => failure.InnerException is KubeCheckpointException { Target: RestoredFiles files } ? files : null,
    };

    private static ErrorCategory CategoryOf(KubeCheckpointException failure) =>
        Enum.TryParse<ErrorCategory>(failure.Category.ToString(), out var category) ? category : ErrorCategory.NotSpecified;
}
