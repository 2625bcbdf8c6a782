namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>A command in a pod was cut off: it may have run, but not all of its output arrived. Trying again is the cure.</summary>
internal sealed class ExecBrokenException(string message, Exception? inner = null) : IOException(message, inner);
