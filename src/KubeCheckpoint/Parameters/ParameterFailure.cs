namespace KubeCheckpoint.Parameters;

/// <summary>The failures of what users give to parameters, one factory each.</summary>
internal static class ParameterFailure
{
    /// <summary>A certificate or key file cannot be read, or holds none.</summary>
    public static KubeCheckpointException CertificateNotReadable(string path, Exception inner) => new(
        nameof(CertificateNotReadable),
        FailureCategory.InvalidArgument,
        path,
        $"No certificate could be read from '{path}': {inner.Message}",
        "Give the path of a PEM file, or an X509Certificate2. A client certificate needs its private key, in the same file or in that of Get-Pod -Key.",
        inner);

    /// <summary>What came down the pipeline names no pod.</summary>
    public static KubeCheckpointException InputNotAPod(object input) => new(
        nameof(InputNotAPod),
        FailureCategory.InvalidArgument,
        input,
        $"An object of type {input.GetType().Name} came down the pipeline that names no pod.",
        "Pipe pods of Get-Pod, items of 'kubectl get pod -o json | ConvertFrom-Json', or objects with PodName (or Name) and Namespace.");

    /// <summary>No container of the pod has a name that was asked for.</summary>
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
        "Wait until the pod runs, or look with 'kubectl describe pod' at what keeps it from running.");

    /// <summary>What came down the pipeline does not say where an archive lies.</summary>
    public static KubeCheckpointException InputNotACheckpoint(object input) => new(
        nameof(InputNotACheckpoint),
        FailureCategory.InvalidArgument,
        input,
        $"An object of type {input.GetType().Name} came down the pipeline that does not say on which node and path an archive lies.",
        "Pipe the output of Invoke-ContainerCheckpoint, or objects with NodeName and NodePath.");

    /// <summary>A path is not one of the file system's.</summary>
    public static KubeCheckpointException PathNotInFileSystem(string path) => new(
        nameof(PathNotInFileSystem),
        FailureCategory.InvalidArgument,
        path,
        $"'{path}' is not a path of the file system.",
        "Give a path of a file system drive.");

    /// <summary>A wildcard or folder matches no archive.</summary>
    public static KubeCheckpointException PathMatchesNothing(string path, Exception? inner = null) => new(
        nameof(PathMatchesNothing),
        FailureCategory.ObjectNotFound,
        path,
        $"No archive matches '{path}'.",
        "Check the path. Folders and wildcards find *.tar, *.tar.gz, *.tgz, *.tar.zst and *.tzst, and for ConvertFrom-CriuImage *.img; a file of another name is read when it is named. Use -LiteralPath for a name with brackets in it.",
        inner);

    /// <summary>Two archives of one command would be written into the same folder, where their members replace each other.</summary>
    public static KubeCheckpointException DestinationSharedByArchives(string folder, string first, string second) => new(
        nameof(DestinationSharedByArchives),
        FailureCategory.InvalidArgument,
        second,
        $"'{second}' was left alone: '{first}' was written into '{folder}' by this very command.",
        "Leave -Destination out, which gives each archive a folder of its own, or give a script block such as { \"./out/$($_.PodName)\" }.");

    /// <summary>Lines of a container's log have no level.</summary>
    public static KubeCheckpointException LevelOfContainerLog() => new(
        nameof(LevelOfContainerLog),
        FailureCategory.InvalidArgument,
        null,
        "-Level was given with the container's log, whose lines have none.",
        "Leave -Kind out or give -Kind Dump for CRIU's log; filter the container's log by its Stream.");

    /// <summary>A manifest given by the user is not that of a pod.</summary>
    public static KubeCheckpointException ManifestNotAPod(object manifest, string reason) => new(
        nameof(ManifestNotAPod),
        FailureCategory.InvalidArgument,
        manifest,
        $"The manifest is not that of a pod: {reason}",
        "Give -Manifest the output of 'Restore-Pod -AsManifest', of 'kubectl get pod -o json', or such a pod as an object.");

    /// <summary>Nothing says where a restore image is to go.</summary>
    public static KubeCheckpointException RestoreImageTargetMissing() => new(
        nameof(RestoreImageTargetMissing),
        FailureCategory.InvalidArgument,
        null,
        "Nothing says where the image is to go.",
        "Give -Repository or -Reference to push it to a registry, or -Destination to write it to a folder or file.");

    /// <summary>A restore image was given two names.</summary>
    public static KubeCheckpointException RestoreImageTargetAmbiguous() => new(
        nameof(RestoreImageTargetAmbiguous),
        FailureCategory.InvalidArgument,
        null,
        "-Repository and -Reference were given together.",
        "Give -Reference for a name of your own, or -Repository for a tag made from pod, container and time.");

    /// <summary>Two images of one command were to get the same reference.</summary>
    public static KubeCheckpointException RestoreImageTargetShared(string image, string target) => new(
        nameof(RestoreImageTargetShared),
        FailureCategory.InvalidArgument,
        image,
        $"'{image}' was left alone: another image was published as '{target}' by this very command.",
        "Choose one with -Name, or publish each with a -Reference of its own.");

    /// <summary>The archive to compare with is none, or a folder of several.</summary>
    public static KubeCheckpointException ReferenceNotOneArchive(string path, int count) => new(
        nameof(ReferenceNotOneArchive),
        FailureCategory.InvalidArgument,
        path,
        $"-ReferencePath '{path}' names {count} archives.",
        "Give the literal path of one archive; wildcards are not expanded.");

    /// <summary>What came down the pipeline is no CRIU image.</summary>
    public static KubeCheckpointException InputNotACriuImage(object input) => new(
        nameof(InputNotACriuImage),
        FailureCategory.InvalidArgument,
        input,
        $"An object of type {input.GetType().Name} came down the pipeline that has no Type and Entries.",
        "Pipe the output of ConvertFrom-CriuImage, its JSON through ConvertFrom-Json, or objects with Type and Entries.");

    /// <summary>A folder was given to write an image into, and the image does not say what its file is called.</summary>
    public static KubeCheckpointException ImageFileNameMissing(string folder, object input) => new(
        nameof(ImageFileNameMissing),
        FailureCategory.InvalidArgument,
        input,
        $"'{folder}' is a folder, and the image does not say what its file is called there.",
        "Give -Destination the path of a file.");

    /// <summary>A parameter does nothing with, or without, another one.</summary>
    public static KubeCheckpointException ParameterWithoutEffect(string parameter, string circumstance, string advice) => new(
        nameof(ParameterWithoutEffect),
        FailureCategory.InvalidArgument,
        parameter,
        $"-{parameter} does nothing {circumstance}.",
        advice);

    /// <summary>The addresses that were given are no range of memory.</summary>
    public static KubeCheckpointException MemoryRangeInvalid(string reason) => new(
        nameof(MemoryRangeInvalid),
        FailureCategory.InvalidArgument,
        null,
        $"There is no such range of memory: {reason}.",
        "Give -Address with -Length or -End, as in -Address 0x7eff37412000 -Length 4096, or -Map, or none of them for all maps.");

    /// <summary>A hexdump was to be written to a file.</summary>
    public static KubeCheckpointException HexdumpWithDestination() => new(
        nameof(HexdumpWithDestination),
        FailureCategory.InvalidArgument,
        null,
        "-AsHex and -Destination were given together; a hexdump goes down the pipeline.",
        "Leave one of them out; '| Set-Content' writes the lines of a hexdump to a file.");

    /// <summary>The script block of -Patch failed.</summary>
    public static KubeCheckpointException PatchScriptFailed(Exception inner) => new(
        nameof(PatchScriptFailed),
        FailureCategory.InvalidOperation,
        null,
        $"The script block of -Patch failed: {inner.Message}",
        "It gets the manifest as $_ and as its argument; it changes that object, or returns another manifest.",
        inner);

    /// <summary>Images are to be pushed, and it is not said where to.</summary>
    public static KubeCheckpointException RepositoryNotGiven() => new(
        nameof(RepositoryNotGiven),
        FailureCategory.InvalidArgument,
        null,
        "A restore needs an image in a registry that the node can pull from, and no repository is given.",
        "Give one with -Repository, such as registry.local:5000/restore.");
}
