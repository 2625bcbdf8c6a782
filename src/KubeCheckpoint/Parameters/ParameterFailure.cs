namespace KubeCheckpoint.Parameters;

/// <summary>Failures of parameter values and input objects, one factory each.</summary>
internal static class ParameterFailure
{
    /// <summary>A certificate or key file cannot be read or is empty.</summary>
    public static KubeCheckpointException CertificateNotReadable(string path, Exception inner) => new(
        nameof(CertificateNotReadable),
        FailureCategory.InvalidArgument,
        path,
        $"No certificate could be read from '{path}': {inner.Message}",
        "Give the path of a PEM file, or an X509Certificate2. A client certificate needs its private key, in the same file or in that of Get-Pod -Key.",
        inner);

    /// <summary>An input object does not name a pod.</summary>
    public static KubeCheckpointException InputNotAPod(object input) => new(
        nameof(InputNotAPod),
        FailureCategory.InvalidArgument,
        input,
        $"An input object of type {input.GetType().Name} does not name a pod.",
        "Pipe pods of Get-Pod, items of 'kubectl get pod -o json | ConvertFrom-Json', or objects with PodName (or Name) and Namespace.");

    /// <summary>The pod has no container of the given name.</summary>
    public static KubeCheckpointException ContainerNameNotFound(Pod pod, string pattern) => new(
        nameof(ContainerNameNotFound),
        FailureCategory.ObjectNotFound,
        pod,
        $"Pod '{pod}' has no container '{pattern}'. It has: {string.Join(", ", pod.Containers)}.",
        "Give -ContainerName a name or wildcard that one of the pod's containers matches.");

    /// <summary>No container of the pod runs.</summary>
    public static KubeCheckpointException NoRunningContainer(Pod pod) => new(
        nameof(NoRunningContainer),
        FailureCategory.InvalidOperation,
        pod,
        $"Pod '{pod}' has no running container (its status is {pod.Status}); only a running container can be checkpointed.",
        "Wait until the pod runs; 'kubectl describe pod' shows what prevents it.");

    /// <summary>An input object does not have the node and path of an archive.</summary>
    public static KubeCheckpointException InputNotACheckpoint(object input) => new(
        nameof(InputNotACheckpoint),
        FailureCategory.InvalidArgument,
        input,
        $"An input object of type {input.GetType().Name} does not have NodeName and NodePath.",
        "Pipe the output of Invoke-ContainerCheckpoint, or objects with NodeName and NodePath.");

    /// <summary>A path is not a file system path.</summary>
    public static KubeCheckpointException PathNotInFileSystem(string path) => new(
        nameof(PathNotInFileSystem),
        FailureCategory.InvalidArgument,
        path,
        $"'{path}' is not a file system path.",
        "Give a path on a file system drive.");

    /// <summary>A wildcard or folder matches no archive.</summary>
    public static KubeCheckpointException PathMatchesNothing(string path, Exception? inner = null) => new(
        nameof(PathMatchesNothing),
        FailureCategory.ObjectNotFound,
        path,
        $"No archive matches '{path}'.",
        "Check the path. Folders and wildcards find *.tar, *.tar.gz, *.tgz, *.tar.zst and *.tzst, and for ConvertFrom-CriuImage also *.img; "
        + "name a file with another extension in full. Use -LiteralPath for a name with brackets.",
        inner);

    /// <summary>One command would write two archives to the same place.</summary>
    public static KubeCheckpointException DestinationSharedByArchives(string folder, string first, string second) => new(
        nameof(DestinationSharedByArchives),
        FailureCategory.InvalidArgument,
        second,
        $"'{second}' was skipped: this command has already written '{first}' to '{folder}'.",
        "Give each archive its own destination, for example with a script block: -Destination { \"./out/$($_.PodName)\" }.");

    /// <summary>-Level was given for a container's log, whose lines have no level.</summary>
    public static KubeCheckpointException LevelOfContainerLog() => new(
        nameof(LevelOfContainerLog),
        FailureCategory.InvalidArgument,
        null,
        "-Level does not apply to the container's log: its lines have no level.",
        "Use -Kind Dump for CRIU's log, or filter the container's log by Stream.");

    /// <summary>A given manifest is not a pod.</summary>
    public static KubeCheckpointException ManifestNotAPod(object manifest, string reason) => new(
        nameof(ManifestNotAPod),
        FailureCategory.InvalidArgument,
        manifest,
        $"The manifest is not a pod: {reason}",
        "Give -Manifest the output of 'Restore-Pod -AsManifest' or of 'kubectl get pod -o json', as text or as an object.");

    /// <summary>No target is given for a restore image.</summary>
    public static KubeCheckpointException RestoreImageTargetMissing() => new(
        nameof(RestoreImageTargetMissing),
        FailureCategory.InvalidArgument,
        null,
        "No target is given for the image.",
        "Give -Repository or -Reference to push it to a registry, or -Destination to write it to a folder or file.");

    /// <summary>-Repository and -Reference were given together.</summary>
    public static KubeCheckpointException RestoreImageTargetAmbiguous() => new(
        nameof(RestoreImageTargetAmbiguous),
        FailureCategory.InvalidArgument,
        null,
        "-Repository and -Reference cannot be used together.",
        "Give -Reference for a name of your own, or -Repository for a tag made from pod, container and time.");

    /// <summary>One command would publish two images under the same reference.</summary>
    public static KubeCheckpointException RestoreImageTargetShared(string image, string target) => new(
        nameof(RestoreImageTargetShared),
        FailureCategory.InvalidArgument,
        image,
        $"'{image}' was skipped: this command has already published another image as '{target}'.",
        "Select one image with -Name, or publish each with its own -Reference.");

    /// <summary>-ReferencePath does not name exactly one archive.</summary>
    public static KubeCheckpointException ReferenceNotOneArchive(string path, int count) => new(
        nameof(ReferenceNotOneArchive),
        FailureCategory.InvalidArgument,
        path,
        $"-ReferencePath '{path}' names {count} archives instead of one.",
        "Give the literal path of one archive; wildcards are not expanded.");

    /// <summary>An input object is not a CRIU image.</summary>
    public static KubeCheckpointException InputNotACriuImage(object input) => new(
        nameof(InputNotACriuImage),
        FailureCategory.InvalidArgument,
        input,
        $"An input object of type {input.GetType().Name} does not have Type and Entries.",
        "Pipe the output of ConvertFrom-CriuImage, its JSON through ConvertFrom-Json, or objects with Type and Entries.");

    /// <summary>The destination is a folder, and the image does not record its file name.</summary>
    public static KubeCheckpointException ImageFileNameMissing(string folder, object input) => new(
        nameof(ImageFileNameMissing),
        FailureCategory.InvalidArgument,
        input,
        $"'{folder}' is a folder, and the image does not record its file name.",
        "Give -Destination the path of a file.");

    /// <summary>A parameter has no effect with, or without, another one.</summary>
    public static KubeCheckpointException ParameterWithoutEffect(string parameter, string circumstance, string advice) => new(
        nameof(ParameterWithoutEffect),
        FailureCategory.InvalidArgument,
        parameter,
        $"-{parameter} has no effect {circumstance}.",
        advice);

    /// <summary>The given addresses are not a valid range of memory.</summary>
    public static KubeCheckpointException MemoryRangeInvalid(string reason) => new(
        nameof(MemoryRangeInvalid),
        FailureCategory.InvalidArgument,
        null,
        $"The memory range is not valid: {reason}.",
        "Give -Address with -Length or -End, as in -Address 0x7eff37412000 -Length 4096, or -Map, or none of them for all maps.");

    /// <summary>-AsHex and -Destination were given together.</summary>
    public static KubeCheckpointException HexdumpWithDestination() => new(
        nameof(HexdumpWithDestination),
        FailureCategory.InvalidArgument,
        null,
        "-AsHex and -Destination cannot be used together: a hexdump goes down the pipeline.",
        "Leave one of them out; pipe a hexdump to Set-Content to write it to a file.");

    /// <summary>The script block of -Patch failed.</summary>
    public static KubeCheckpointException PatchScriptFailed(Exception inner) => new(
        nameof(PatchScriptFailed),
        FailureCategory.InvalidOperation,
        null,
        $"The script block of -Patch failed: {inner.Message}",
        "The script block gets the manifest as $_ and as its argument; it changes that object or returns another manifest.",
        inner);
}
