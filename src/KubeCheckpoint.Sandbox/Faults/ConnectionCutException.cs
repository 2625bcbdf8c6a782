namespace KubeCheckpoint.Sandbox.Faults;

/// <summary>A fault asks for the connection to end here.</summary>
internal sealed class ConnectionCutException() : IOException("The sandbox cuts the connection, as a fault asks for.");
