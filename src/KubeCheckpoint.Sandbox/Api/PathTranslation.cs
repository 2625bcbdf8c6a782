using System.Text;
using KubeCheckpoint.Sandbox.State;

namespace KubeCheckpoint.Sandbox.Api;

/// <summary>
/// Replaces folders of this machine in a command's output by the mount paths of the container, also where a read ends within one. The
/// folders have random names, so archives in the output do not contain them.
/// </summary>
internal sealed class PathTranslation(IReadOnlyList<HostMount> mounts)
{
    private readonly (byte[] Folder, byte[] MountPath)[] _pairs =
        [.. mounts.Select(mount => (Encoding.UTF8.GetBytes(mount.Folder), Encoding.UTF8.GetBytes(mount.MountPath)))];

    private byte[] _held = [];

    /// <summary>The part of the output so far that can be sent.</summary>
    public byte[] Translate(ReadOnlySpan<byte> data)
    {
        byte[] text = [.. _held, .. data];
        foreach ((var folder, var mountPath) in _pairs)
            text = Replace(text, folder, mountPath);
        var keep = _pairs.Select(pair => PrefixAtEnd(text, pair.Folder)).DefaultIfEmpty(0).Max();
        _held = text[^keep..];
        return text[..^keep];
    }

    /// <summary>The bytes that were held back because a folder could begin with them.</summary>
    public byte[] Rest()
    {
        var rest = _held;
        _held = [];
        return rest;
    }

    private static byte[] Replace(byte[] text, byte[] from, byte[] to)
    {
        var at = text.AsSpan().IndexOf(from);
        return at < 0 ? text : [.. text[..at], .. to, .. Replace(text[(at + from.Length)..], from, to)];
    }

    private static int PrefixAtEnd(byte[] text, byte[] folder)
    {
        for (var length = Math.Min(folder.Length - 1, text.Length); length > 0; length--)
        {
            if (text.AsSpan(text.Length - length).SequenceEqual(folder.AsSpan(0, length)))
                return length;
        }
        return 0;
    }
}
