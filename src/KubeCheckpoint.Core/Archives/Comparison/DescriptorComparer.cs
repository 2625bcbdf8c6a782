using System.Globalization;

namespace KubeCheckpoint.Archives.Comparison;

/// <summary>Compares what two processes have open.</summary>
internal sealed class DescriptorComparer(DifferenceFactory factory)
{
    public IEnumerable<CheckpointDifference> CompareFiles(
        IEnumerable<CheckpointOpenFile> before, IEnumerable<CheckpointOpenFile> after, CheckpointProcess process) => factory.Compare(
            CheckpointDifferenceKind.OpenFile, before, after, file => file.Descriptor, file => file.Descriptor.ToString(CultureInfo.InvariantCulture), Text, process);

    public IEnumerable<CheckpointDifference> CompareSockets(
        IEnumerable<CheckpointSocket> before, IEnumerable<CheckpointSocket> after, CheckpointProcess process) => factory.Compare(
            CheckpointDifferenceKind.Socket, before, after, Address, Address, Text, process);

    // Pipes and sockets are numbered anew in every run: only what they are can be compared.
    private static string Text(CheckpointOpenFile file)
    {
        var target = IsNumbered(file.Type) ? file.Type.ToString() : file.Target;
        var flags = string.Join(',', file.Flags);
        return string.Create(CultureInfo.InvariantCulture, $"{target}{(file.Deleted ? " (deleted)" : "")} {flags} {file.Position switch { null or 0 => "", var position => $"at {position}" }}").TrimEnd();
    }

    private static bool IsNumbered(OpenFileType type) =>
        type is OpenFileType.Pipe or OpenFileType.InetSocket or OpenFileType.UnixSocket or OpenFileType.PacketSocket or OpenFileType.NetlinkSocket;

    private static string Address(CheckpointSocket socket) => socket.Family == SocketFamily.Unix
        ? $"unix {socket.SocketType} {socket.Path}".TrimEnd()
        : $"{socket.Protocol} {Endpoint(socket.LocalAddress, socket.LocalPort)} {(socket.RemotePort is null or 0 ? "" : Endpoint(socket.RemoteAddress, socket.RemotePort))}".TrimEnd();

    private static string Endpoint(string? address, long? port) => string.Create(
        CultureInfo.InvariantCulture, $"{(address?.Contains(':', StringComparison.Ordinal) == true ? $"[{address}]" : address)}:{port}");

    private static string Text(CheckpointSocket socket) => string.Create(
        CultureInfo.InvariantCulture, $"{socket.State} received {socket.ReceiveQueue ?? 0} unsent {socket.SendQueue ?? 0}");
}
