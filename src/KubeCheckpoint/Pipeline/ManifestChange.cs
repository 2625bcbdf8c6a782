using System.Management.Automation;
using KubeCheckpoint.Parameters;

namespace KubeCheckpoint.Pipeline;

/// <summary>
/// What -Patch takes: an object to be merged, a list of operations, either as JSON text, or a script block that gets the manifest and changes
/// it or returns another.
/// </summary>
internal static class ManifestChange
{
    /// <summary>The change as JSON, or null where it is a script block.</summary>
    public static string? ToJson(object? patch) => Unwrap(patch) switch
    {
        null or ScriptBlock => null,
        string json => json,
        _ => JsonObjects.Serialize(patch!),
    };

    /// <summary>The change by a script block, which runs on the pipeline thread; null where the change is none.</summary>
    public static Func<PodManifest, Task<PodManifest>>? ToFunction(object? patch, PipelineOutput output) =>
        Unwrap(patch) is ScriptBlock script ? manifest => output.InvokeAsync(_ => Run(manifest, script)) : null;

    private static object? Unwrap(object? patch) => patch is PSObject wrapped ? wrapped.BaseObject : patch;

    private static PodManifest Run(PodManifest manifest, ScriptBlock script)
    {
        var pod = JsonObjects.ToObject(manifest);
        try
        {
            var output = script.InvokeWithContext(null, [new PSVariable("_", pod)], pod);
            return JsonObjects.ToManifest(output.Count > 0 ? output[^1] : pod);
        }
        catch (RuntimeException exception) when (exception is not PipelineStoppedException)
        {
            throw ParameterFailure.PatchScriptFailed(exception);
        }
    }
}
