namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>The connection of a command in a pod broke: the command may have run, but not all of its output arrived. A retry may succeed.</summary>
internal sealed class ExecBrokenException(string message, Exception? inner = null) : IOException(message, inner);
