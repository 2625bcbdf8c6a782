namespace KubeCheckpoint.Sandbox.Kubelet;

/// <summary>An image cannot be pulled; the message is what the kubelet reports.</summary>
internal sealed class PullFailedException(string message) : Exception(message);
