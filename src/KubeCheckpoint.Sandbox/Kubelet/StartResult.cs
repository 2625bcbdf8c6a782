namespace KubeCheckpoint.Sandbox.Kubelet;

/// <summary>Whether a container started, and if not, why: the reason and message of its waiting state.</summary>
internal sealed record StartResult(string Reason, string Message)
{
    public const string CreateContainerError = "CreateContainerError";
    public const string RunContainerError = "RunContainerError";

    public static readonly StartResult Started = new("", "");

    public bool Succeeded => Reason.Length == 0;

    /// <summary>Whether the container was created from a checkpoint.</summary>
    public bool Restored { get; init; }

    /// <summary>Whether the image it was restored on has no name, which the kubelet cannot deal with.</summary>
    public bool IsNameless { get; init; }

    public static StartResult NotCreated(string message) => new(CreateContainerError, message);

    public static StartResult NotRun(string message) => new(RunContainerError, message);
}
