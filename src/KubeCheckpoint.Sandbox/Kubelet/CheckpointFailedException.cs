namespace KubeCheckpoint.Sandbox.Kubelet;

/// <summary>A checkpoint fails; the message is what stands in the kubelet's parentheses.</summary>
internal sealed class CheckpointFailedException(string message) : Exception(message);
