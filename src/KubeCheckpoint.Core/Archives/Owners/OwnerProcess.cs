using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace KubeCheckpoint.Archives.Owners;

/// <summary>The process that made a file or an object of a cluster.</summary>
/// <param name="User">The name of its user.</param>
/// <param name="Host">The name of its machine.</param>
/// <param name="Machine">Identifies the space that its id is unique in: one start of one machine or container.</param>
/// <param name="Id">Its id.</param>
/// <param name="Start">When it was started, as the system counts: another process may have its id by now.</param>
internal sealed record OwnerProcess(string User, string Host, string Machine, int Id, string Start)
{
    private const int HashLength = 12;

    /// <summary>This process.</summary>
    public static OwnerProcess Current { get; } = Of(Environment.ProcessId)
        ?? new(Environment.UserName, Environment.MachineName, MachineOfThisProcess(), Environment.ProcessId, "");

    /// <summary>A process of this user on this machine; null where there is none with this id.</summary>
    internal static OwnerProcess? Of(int id) =>
        StartOf(id) is { } start ? new(Environment.UserName, Environment.MachineName, MachineOfThisProcess(), id, start) : null;

    /// <summary>The process in the name of a file: without the names of its user and machine, which are nobody's business there.</summary>
    public string Token => string.Create(CultureInfo.InvariantCulture, $"{Hash(User)}.{Machine}.{Id}.{Start}");

    /// <summary>The process in the name of a file, or null. Its user is this one where it has the same name.</summary>
    public static OwnerProcess? Parse(string token) =>
        token.Split('.') is [var user, var machine, var number, var start]
            && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? new(user == Hash(Current.User) ? Current.User : "", machine == Current.Machine ? Current.Host : "", machine, id, start)
            : null;

    /// <summary>Whether it is one of this user on this machine, so that its death can be seen.</summary>
    public bool IsNearby => Machine.Length > 0 && User == Current.User && Host == Current.Host && Machine == Current.Machine;

    /// <summary>Whether the process runs; null where that cannot be known from here.</summary>
    public bool? IsAlive()
    {
        if (!IsNearby || Start.Length == 0)
            return null;
        try
        {
            return StartOf(Id) == Start;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or Win32Exception or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>When the process with an id was started; null where there is none.</summary>
    private static string? StartOf(int id) => OperatingSystem.IsLinux() ? StartOnLinux(id) : StartElsewhere(id);

    /// <summary>Field 22 of /proc/ID/stat (proc(5)), in ticks since the machine was started. A zombie has ended.</summary>
    private static string? StartOnLinux(int id)
    {
        string stat;
        try
        {
            stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/stat"));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (IOException) when (!Directory.Exists(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}")))
        {
            return null;
        }
        var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length < 20 || fields[0] is "Z" or "X" ? null : fields[19];
    }

    private static string? StartElsewhere(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return process.HasExited ? null : new DateTimeOffset(process.StartTime).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Empty on a Linux that does not tell (such as a sandbox without /proc): containers with one host name and equal ids would be one.</summary>
    private static string MachineOfThisProcess()
    {
        var (boot, processes) = (BootOfThisMachine(), ProcessNamespace());
        return OperatingSystem.IsLinux() && (boot.Length == 0 || processes.Length == 0) ? "" : Hash($"{Environment.MachineName}|{boot}|{processes}");
    }

    /// <summary>Linux: random(4) makes it anew at each start of the machine.</summary>
    private static string BootOfThisMachine()
    {
        try
        {
            return OperatingSystem.IsLinux() ? File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim() : "";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>Linux: the namespace in which the id is unique (pid_namespaces(7)).</summary>
    private static string ProcessNamespace()
    {
        try
        {
            return OperatingSystem.IsLinux() ? new FileInfo("/proc/self/ns/pid").LinkTarget ?? "" : "";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..HashLength];
}
