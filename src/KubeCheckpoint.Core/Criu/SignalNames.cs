using System.Globalization;

namespace KubeCheckpoint.Criu;

/// <summary>Signals by name, as Linux numbers them on all architectures except mips (include/uapi/asm-generic/signal.h).</summary>
internal static class SignalNames
{
    private const int FirstRealTime = 32;

    private static readonly string[] Names =
    [
        "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2",
        "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU",
        "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
    ];

    /// <summary>The name of a signal from 1 on.</summary>
    public static string Of(int signal) => signal switch
    {
        >= 1 when signal <= Names.Length => Names[signal - 1],
        >= FirstRealTime => string.Create(CultureInfo.InvariantCulture, $"SIGRTMIN+{signal - FirstRealTime}"),
        _ => signal.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>The names of the signals in a set: bit 0 is signal 1.</summary>
    public static IEnumerable<string> OfSet(ulong set) =>
        Enumerable.Range(0, 64).Where(bit => (set >> bit & 1) != 0).Select(bit => Of(bit + 1));
}
