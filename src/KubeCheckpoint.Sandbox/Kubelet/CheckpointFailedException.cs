namespace KubeCheckpoint.Sandbox.Kubelet;

/// <summary>A checkpoint failed. The message is what the kubelet's response has in parentheses.</summary>
internal sealed class CheckpointFailedException(string message) : Exception(message);
