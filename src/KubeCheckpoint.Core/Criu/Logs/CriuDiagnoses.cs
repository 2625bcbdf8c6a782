namespace KubeCheckpoint.Criu.Logs;

/// <summary>
/// Known messages of CRIU 4.2. The more specific entry comes first, since a message may match several. runc and crun read the options
/// that remedies name from /etc/criu/runc.conf and /etc/criu/crun.conf on the node, and these override the options of the container
/// runtime.
/// </summary>
internal static class CriuDiagnoses
{
    /// <summary>All of them, in the order in which they are tried.</summary>
    public static IReadOnlyList<CriuDiagnosis> Known { get; } =
    [
        .. SocketDiagnoses.Known,
        .. FileDiagnoses.Known,
        .. MemoryDiagnoses.Known,
        .. ProcessDiagnoses.Known,
        .. MountDiagnoses.Known,
        .. NodeDiagnoses.Known,
    ];

    /// <summary>For a log that ends before CRIU reports a result.</summary>
    public static CriuDiagnosis Unfinished { get; } = new(
        "",
        [],
        "The log ends here without a result: CRIU was still running, was killed, or hangs. It is known to hang on a stopped " +
        "process (SIGSTOP) in a frozen container.",
        "Look for criu on the node. If it hangs, kill it, thaw the container (runc resume) and resume stopped processes (SIGCONT) before " +
        "the next checkpoint.");

    /// <summary>What a message means, or null.</summary>
    public static CriuDiagnosis? Find(string message) => Known.FirstOrDefault(diagnosis => diagnosis.Fits(message));

    /// <summary>True for a line that reports the result: a log without one is incomplete.</summary>
    public static bool SaysTheEnd(string message) =>
        message.Contains("finished successfully", StringComparison.Ordinal) || message.EndsWith(" FAILED.", StringComparison.Ordinal);
}
