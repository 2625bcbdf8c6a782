using System.Globalization;
using System.Text.Json;
using KubeCheckpoint.Archives.OpenFiles;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Archives.OpenFiles;

/// <summary>Compares the open files of real archives with /proc, checkpointctl and crit.</summary>
public sealed class OpenFileTests
{
    // Octal, as in open(2) and /proc/PID/fdinfo on x86_64.
    private static readonly (string Octal, string Name)[] Flags =
    [
        ("2000", "O_APPEND"), ("4000", "O_NONBLOCK"), ("10000000", "O_PATH"), ("100000", "O_LARGEFILE"), ("200000", "O_DIRECTORY"), ("2000000", "O_CLOEXEC"),
    ];

    public static TheoryData<string> Archives => Fixture.Archives;

    public static TheoryData<string> WithTruth => Reference.WithTruth;

    [Theory]
    [MemberData(nameof(WithTruth))]
    public void Agree_with_proc(string archive)
    {
        var files = Read(archive).ToLookup(file => file.ProcessId);
        foreach (var process in Reference.Truth(archive).GetProperty("processes").EnumerateArray())
        {
            var expected = process.GetProperty("fds").EnumerateArray().ToList();
            var actual = files[process.GetProperty("pid").GetInt32()].ToList();
            Assert.Equal(expected.Select(fd => fd.GetProperty("fd").GetInt32()), actual.Select(file => file.Descriptor));
            foreach (var (fd, file) in expected.Zip(actual))
                AssertSame(fd, file);
        }
    }

    [Theory]
    [MemberData(nameof(Archives))]
    public void Agree_with_checkpointctl(string archive)
    {
        // checkpointctl also lists the working directory and root, which are not descriptors.
        var expected = Reference.Inspect(archive).GetProperty("file_descriptors").EnumerateArray()
            .SelectMany(process => process.GetProperty("open_files").EnumerateArray()
                .Where(file => file.GetProperty("type").GetString() != "")
                .Select(file => $"{process.GetProperty("pid")} {file.GetProperty("fd")} {Place(file.GetProperty("path").GetString()!)}"));

        Assert.Equal(expected, Read(archive).Select(file => $"{file.ProcessId} {CriuType(file.Type)} {file.Descriptor} {CriuPath(file)}"));
    }

    [Theory]
    [MemberData(nameof(Archives))]
    public void Agree_with_crit(string archive)
    {
        var expected = Reference.CritDescriptors(archive).ToList();
        var told = expected.Select(descriptor => descriptor.ProcessId).ToHashSet();

        Assert.NotEmpty(expected);
        Assert.Equal(
            expected.Select(descriptor => (descriptor.ProcessId, descriptor.Descriptor, Place(descriptor.Path))),
            Read(archive).Where(file => told.Contains(file.ProcessId)).Select(file => (file.ProcessId, file.Descriptor, CriuPath(file))));
    }

    [Fact]
    public void The_zoo_has_its_details()
    {
        var files = Read("zoo-crio.tar").Where(file => file.ProcessId == 1).ToDictionary(file => file.Descriptor);

        Assert.Equal("zoo-main", files[0].ProcessName);
        Assert.Equal(("crw-rw-rw-", 485L, FileAccess.ReadWrite), (files[0].Mode, files[0].MountId, files[0].Access));
        Assert.Equal((true, 52L, "-rw-r-----"), (files[3].Deleted, files[3].Size, files[3].Mode));
        Assert.Equal((true, FileAccess.Write), (files[4].CloseOnExec, files[4].Access));
        Assert.Equal((true, 12288L, "seals SEAL"), (files[5].Deleted, files[5].Size, files[5].Detail));
        Assert.Equal("22 bytes waiting", files[7].Detail);
        Assert.Equal("9 bytes waiting", files[9].Detail);
        Assert.Equal("TCP 127.0.0.1:9301 * LISTEN", files[17].Detail);
        Assert.Equal("counter 77", files[24].Detail);
        Assert.Equal("CLOCK_MONOTONIC, in 7198.659447675 s, every 3600 s", files[25].Detail);
        Assert.Equal("SIGHUP, SIGUSR2", files[26].Detail);
        Assert.Equal("watches 7, 24, 25", files[27].Detail);
        Assert.Equal("watches /dev/shm", files[28].Detail);
        Assert.Equal("drwxr-xr-x", files[31].Mode);
        Assert.Null(files[32].Access);
        Assert.Equal(files[24].FileId, files[200].FileId);
    }

    [Fact]
    public void A_flock_is_shared_with_children_and_a_record_lock_is_not()
    {
        var locks = Read("zoo-crio.tar").Where(file => file.Locks.Count > 0)
            .Select(file => $"{file.ProcessId} {file.Descriptor} {string.Join(", ", file.Locks)}");

        Assert.Equal(["1 29 FLOCK WRITE 0 EOF", "1 30 POSIX WRITE 100 149", "8 29 FLOCK WRITE 0 EOF", "9 29 FLOCK WRITE 0 EOF", "10 29 FLOCK WRITE 0 EOF"], locks);
    }

    [Fact]
    public void Only_the_processes_asked_for_are_read()
    {
        var files = OpenFileReader.Read(Fixture.PathOf("zoo-crio.tar"), (id, name) => id != 1 && name.StartsWith("zoo-"), CancellationToken.None);

        Assert.Equal(["zoo-sleeper", "zoo-exec"], files.Select(file => file.ProcessName).Distinct());
    }

    [Fact]
    public void Cancelling_ends_the_reading()
    {
        using var cancelling = new CancellationTokenSource();
        using var files = OpenFileReader.Read(Fixture.PathOf("zoo-crio.tar"), (_, _) => true, cancelling.Token).GetEnumerator();
        Assert.True(files.MoveNext());

        cancelling.Cancel();

        Assert.Throws<OperationCanceledException>(() => files.MoveNext());
    }

    internal static List<CheckpointOpenFile> Read(string archive) =>
        [.. OpenFileReader.Read(Fixture.PathOf(archive), (_, _) => true, CancellationToken.None)];

    private static void AssertSame(JsonElement fd, CheckpointOpenFile file)
    {
        var info = fd.GetProperty("fdinfo").EnumerateArray().Select(line => line.GetString()!.Split(':', 2)).ToLookup(line => line[0], line => line[1].Trim());
        Assert.Equal(fd.GetProperty("target").GetString(), file.Target);
        Assert.Equal(FlagNames(info["flags"].Single()), file.Flags.Order());
        // /proc shows position 0 for files without one; their mount is internal to the kernel and in no container.
        Assert.Equal(long.Parse(info["pos"].Single(), CultureInfo.InvariantCulture), file.Position ?? 0);
        if (file.MountId is { } mount)
            Assert.Equal(info["mnt_id"].Single(), mount.ToString(CultureInfo.InvariantCulture));
        if (info["eventfd-count"].SingleOrDefault() is { } counter)
            Assert.Equal($"counter {ulong.Parse(counter, NumberStyles.HexNumber, CultureInfo.InvariantCulture)}", file.Detail);
        // A record lock belongs to a process, and /proc shows it only in the fdinfo of that process.
        Assert.Equal(info["lock"].Select(text => text.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(words => $"{words[1]} {words[3]} {words[6]} {words[7]}"), file.Locks.Select(held => held.ToString()));
    }

    private static IEnumerable<string> FlagNames(string octal)
    {
        var flags = Convert.ToInt64(octal, 8);
        var names = Flags.Where(flag => (flags & Convert.ToInt64(flag.Octal, 8)) != 0).Select(flag => flag.Name).Append((flags & 3) switch { 0 => "O_RDONLY", 1 => "O_WRONLY", _ => "O_RDWR" });
        return names.Order();
    }

    // Both tools describe files that are not regular in their own way, unlike /proc.
    private static string Place(string path) => path.StartsWith("unix[", StringComparison.Ordinal) ? path[..path.IndexOf(' ')] : path;

    private static string CriuPath(CheckpointOpenFile file) => file.Type switch
    {
        OpenFileType.RegularFile or OpenFileType.Directory or OpenFileType.CharacterDevice => file.Target!.Replace(" (deleted)", "", StringComparison.Ordinal),
        OpenFileType.Pipe => file.Target!.Replace(":", "", StringComparison.Ordinal),
        OpenFileType.UnixSocket => file.Target!.Replace("socket:", "unix", StringComparison.Ordinal).TrimEnd(']'),
        _ => $"{CriuType(file.Type)}.{file.FileId}",
    };

    private static string CriuType(OpenFileType type) => type switch
    {
        OpenFileType.RegularFile or OpenFileType.Directory or OpenFileType.CharacterDevice => "REG",
        OpenFileType.InetSocket => "INETSK",
        OpenFileType.UnixSocket => "UNIXSK",
        _ => type.ToString().ToUpperInvariant(),
    };
}
