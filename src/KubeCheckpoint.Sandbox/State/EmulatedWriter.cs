using System.Globalization;

namespace KubeCheckpoint.Sandbox.State;

/// <summary>An emulated program that acknowledges writes, and appends a line for each to a file if it has one.</summary>
/// <param name="start">Whom it belongs to, and what it was restored with.</param>
/// <param name="path">The path of its file in the container; empty for none.</param>
/// <param name="file">The file on this machine; null for none.</param>
internal sealed class EmulatedWriter(SandboxWriter start, string path, string? file)
{
    private static readonly TimeSpan BetweenWrites = TimeSpan.FromMilliseconds(5);

    private DateTimeOffset _last;

    /// <summary>What it has done so far.</summary>
    public SandboxWriter Result { get; private set; } = start;

    /// <summary>Writes once if it is time.</summary>
    public void Write()
    {
        var now = DateTimeOffset.UtcNow;
        if (now - _last < BetweenWrites)
            return;
        _last = now;
        var number = Result.Acknowledged + 1;
        if (file is not null)
            File.AppendAllText(file, string.Create(CultureInfo.InvariantCulture, $"{number}\n"));
        Result = Result with { Acknowledged = number, FirstAt = Result.FirstAt ?? now, LastAt = now };
    }

    public void Change(Func<SandboxWriter, SandboxWriter> change) => Result = change(Result);

    public WriterCheckpoint Checkpoint() => new(Result.Acknowledged, path, file is not null && File.Exists(file) ? new FileInfo(file).Length : 0);
}
