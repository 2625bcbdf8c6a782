namespace KubeCheckpoint.Sandbox.Kubelet;

/// <summary>Whether a container started; if not, the reason and message of its waiting state.</summary>
internal sealed record StartResult(string Reason, string Message)
{
    public const string CreateContainerError = "CreateContainerError";
    public const string RunContainerError = "RunContainerError";

    public static readonly StartResult Started = new("", "");

    public bool Succeeded => Reason.Length == 0;

    /// <summary>Whether the container was created from a checkpoint.</summary>
    public bool Restored { get; init; }

    /// <summary>Whether it was restored on an image without a name, which the kubelet cannot handle.</summary>
    public bool IsNameless { get; init; }

    /// <summary>CRIU's log of a restore that failed, which the runtime deletes together with the container; null for none.</summary>
    public string? RestoreLog { get; init; }

    public static StartResult NotCreated(string message) => new(CreateContainerError, message);

    public static StartResult NotRun(string message) => new(RunContainerError, message);
}
