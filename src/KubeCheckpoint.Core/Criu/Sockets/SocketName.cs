using System.Text;

namespace KubeCheckpoint.Criu.Sockets;

/// <summary>The name of a unix socket as ss and /proc/net/unix show it.</summary>
internal static class SocketName
{
    /// <summary>A path, <c>@name</c> for one of the abstract namespace, or null for none.</summary>
    /// <param name="name">As bind(2) took it: a path with or without a zero at its end, or a zero and then any bytes.</param>
    /// <param name="folder">What the path is relative to, or empty.</param>
    public static string? Of(ReadOnlySpan<byte> name, string folder)
    {
        if (name.IsEmpty)
            return null;
        if (name[0] == 0)
            return Encoding.UTF8.GetString(name).Replace('\0', '@');
        var end = name.IndexOf((byte)0);
        var path = Encoding.UTF8.GetString(end < 0 ? name : name[..end]);
        return folder.Length == 0 || path[0] == '/' ? path : $"{folder.TrimEnd('/')}/{path}";
    }
}
