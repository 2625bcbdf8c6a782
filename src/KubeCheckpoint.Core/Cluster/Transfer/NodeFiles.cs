using System.Globalization;
using KubeCheckpoint.Http;

namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>Reads, lists and deletes the files in a node's folder through the helper pod that mounts it.</summary>
internal sealed class NodeFiles(HelperPod helper, HelperTools tools)
{
    /// <summary>The block size in which <c>dd</c> skips.</summary>
    public const int BlockSize = 1024 * 1024;

    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(30);

    /// <summary>How long tar may take to pass the memory in an archive on its way to a member.</summary>
    private static readonly TimeSpan MemberSearch = TimeSpan.FromMinutes(2);

    /// <summary>The bytes per second that even a slow disk reads; hashing prints nothing until it has finished.</summary>
    private const long SlowestRead = 5 * 1024 * 1024;

    /// <summary>The limits for repeating a transfer.</summary>
    public HttpTimings Timings => helper.Exec.Timings;

    /// <summary>The size, and when the file was last written where the image can tell.</summary>
    public async Task<NodeFileState> StateAsync(NodePath path, CancellationToken cancellationToken)
    {
        var file = Word(path);
        var script = tools.Has("stat") ? $"{tools["stat"]} -L -c '%s %i %y' {file}" : $"{tools["wc"]} -c < {file}";
        var output = (await RunAsync(path, script, Stall, cancellationToken).ConfigureAwait(false)).Trim();
        return long.TryParse(output.Split(' ', 2)[0], NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            ? new(size, output)
            : throw HelperFailure.HelperCommandFailed(helper.Node, path.ToString(), output);
    }

    /// <summary>The sha256 in lower-case hexadecimal digits.</summary>
    public async Task<string> HashAsync(NodePath path, long size, CancellationToken cancellationToken)
    {
        var patience = Stall + TimeSpan.FromSeconds(size / SlowestRead);
        var output = await RunAsync(path, $"{tools["sha256sum"]} < {Word(path)}", patience, cancellationToken).ConfigureAwait(false);
        var hash = output.Split(' ', 2)[0].Trim();
        return hash.Length == 64 && hash.All(char.IsAsciiHexDigitLower)
            ? hash
            : throw HelperFailure.HelperCommandFailed(helper.Node, path.ToString(), output);
    }

    /// <summary>Reads a part of the file. May end early with an <see cref="ExecBrokenException"/>.</summary>
    public async Task ReadAsync(
        NodePath path, long offset, long count, Func<ReadOnlyMemory<byte>, ValueTask> onBytes, CancellationToken cancellationToken)
    {
        // dd skips whole blocks: the bytes of the first block before the offset are read too, and dropped here.
        var drop = tools.CanSkip ? offset % BlockSize : 0;
        var left = count;
        var result = await helper.Exec.RunAsync(ReadScript(path, offset, count), Take, Stall, cancellationToken).ConfigureAwait(false);
        if (result.ExitCode != 0 && left > 0)
            throw HelperFailure.HelperCommandFailed(helper.Node, path.ToString(), result.Errors);
        if (left > 0)
            throw new ExecBrokenException("The command ended before all of its output had arrived.");

        ValueTask Take(ReadOnlyMemory<byte> bytes)
        {
            var dropped = (int)Math.Min(drop, bytes.Length);
            drop -= dropped;
            bytes = bytes[dropped..];
            bytes = bytes[..(int)Math.Min(left, bytes.Length)];
            left -= bytes.Length;
            return bytes.Length == 0 ? ValueTask.CompletedTask : onBytes(bytes);
        }
    }

    /// <summary>Lists the files whose names begin with a prefix.</summary>
    public async Task<IReadOnlyList<NodeArchive>> ListAsync(string folder, string prefix, CancellationToken cancellationToken)
    {
        if (!tools.Has("stat") || !tools.Has("date"))
            return [];
        var script =
            $"now=$({tools["date"]} +%s); cd {HelperPodManifest.MountPath} && for f in {ShellWord.Quote(prefix)}*; do " +
            $"if [ -f \"$f\" ]; then m=$({tools["stat"]} -c '%s %Y' \"$f\") && echo \"$now $m $f\"; fi; done; true";
        var output = await RunAsync(new(folder, prefix), script, Stall, cancellationToken).ConfigureAwait(false);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' ', 4))
            .Where(line => line.Length == 4)
            .Select(line => new NodeArchive($"{folder}/{line[3]}", Number(line[1]), TimeSpan.FromSeconds(Number(line[0]) - Number(line[2]))))];
    }

    /// <summary>Says which archive is awaited.</summary>
    public async Task RequestAsync(ArchiveClaim claim, string folder, CancellationToken cancellationToken) =>
        await RunAsync(new(folder, claim.RequestFile), claim.RequestScript, Stall, cancellationToken).ConfigureAwait(false);

    /// <summary>Renames an archive, so that it is removed when this process dies.</summary>
    public async Task RenameAsync(ArchiveClaim claim, NodePath path, CancellationToken cancellationToken) =>
        await RunAsync(path, claim.RenameScript(path.FileName, tools), Stall, cancellationToken).ConfigureAwait(false);

    /// <summary>The content of a small member of an archive, or null if the archive has none of that name or the image has no tar.</summary>
    public async Task<string?> ReadMemberAsync(NodePath path, string member, CancellationToken cancellationToken)
    {
        if (!tools.Has("tar"))
            return null;
        var name = ShellWord.Quote(member);
        var script = $"{tools["tar"]} -xOf {Word(path)} {name} ./{name} 2>/dev/null; true";
        var output = await RunAsync(path, script, MemberSearch, cancellationToken).ConfigureAwait(false);
        return output.Length == 0 ? null : output;
    }

    /// <summary>Deletes one file. Returns the error output if that fails, or null.</summary>
    public async Task<string?> RemoveAsync(NodePath path, CancellationToken cancellationToken)
    {
        var (result, _) = await helper.Exec.RunAsync($"{tools["rm"]} -f -- {Word(path)}", Stall, cancellationToken).ConfigureAwait(false);
        return result.ExitCode == 0 ? null : result.Errors;
    }

    private string ReadScript(NodePath path, long offset, long count)
    {
        var file = Word(path);
        if (!tools.CanSkip)
            return $"{tools["tail"]} -c +{offset + 1} {file} | {tools["head"]} -c {count}";
        var first = offset / BlockSize;
        var last = (offset + count + BlockSize - 1) / BlockSize;
        return $"{tools["dd"]} if={file} bs={BlockSize} skip={first} count={last - first}";
    }

    private async Task<string> RunAsync(NodePath path, string script, TimeSpan silence, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(Timings);
        while (true)
        {
            try
            {
                var (result, output) = await helper.Exec.RunAsync(script, silence, cancellationToken).ConfigureAwait(false);
                return result.ExitCode == 0 ? output : throw TransferFailure.ArchiveNotOnNode(helper.Node, path.ToString(), result.Errors);
            }
            catch (ExecBrokenException exception)
            {
                var wait = backoff.Next() ?? throw TransferFailure.TransferBroken(helper.Node, path.ToString(), exception);
                await backoff.WaitAsync(wait, $"A command on node {helper.Node} broke off", cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static string Word(NodePath path) => ShellWord.Quote($"{HelperPodManifest.MountPath}/{path.FileName}");

    private static long Number(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : 0;
}

/// <summary>What tells whether a file on a node has been written to: two equal states are of the same content.</summary>
/// <param name="Size">The size in bytes.</param>
/// <param name="Stamp">What the node says of the file, to be compared only.</param>
internal sealed record NodeFileState(long Size, string Stamp);

/// <summary>An archive in the checkpoint directory of a node.</summary>
/// <param name="Path">Its full path on the node.</param>
/// <param name="Size">Its current size in bytes.</param>
/// <param name="Age">The time since it was last written, by the node's clock, in whole seconds.</param>
internal sealed record NodeArchive(string Path, long Size, TimeSpan Age);
