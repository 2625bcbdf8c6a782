using System.Management.Automation;
using KubeCheckpoint.Cluster.Restore.Patches;

namespace KubeCheckpoint.Parameters;

/// <summary>
/// What -Patch takes: an object to be merged, a list of operations, either as JSON text, or a script block that gets the manifest and changes
/// it or returns another.
/// </summary>
internal static class ManifestChange
{
    /// <summary>The changed manifest. On the pipeline thread, where script blocks run.</summary>
    public static string Apply(string manifest, object patch)
    {
        var value = patch is PSObject wrapped ? wrapped.BaseObject : patch;
        return value is ScriptBlock script ? Run(manifest, script) : ManifestPatch.Apply(manifest, value as string ?? JsonObjects.Serialize(patch));
    }

    private static string Run(string manifest, ScriptBlock script)
    {
        var pod = JsonObjects.ToObject(manifest);
        try
        {
            var output = script.InvokeWithContext(null, [new PSVariable("_", pod)], pod);
            return JsonObjects.ToJson(output.Count > 0 ? output[^1] : pod);
        }
        catch (RuntimeException exception) when (exception is not PipelineStoppedException)
        {
            throw ParameterFailure.PatchScriptFailed(exception);
        }
    }
}
