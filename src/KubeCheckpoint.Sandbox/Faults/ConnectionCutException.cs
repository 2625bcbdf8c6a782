namespace KubeCheckpoint.Sandbox.Faults;

/// <summary>A fault ends the connection here.</summary>
internal sealed class ConnectionCutException() : IOException("The sandbox cuts the connection, as a fault asks for.");
