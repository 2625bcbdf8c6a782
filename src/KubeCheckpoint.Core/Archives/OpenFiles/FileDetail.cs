using System.Globalization;
using Google.Protobuf.Collections;
using KubeCheckpoint.Archives.Descriptors;
using KubeCheckpoint.Criu;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Archives.OpenFiles;

/// <summary>What else is known about an open file, as text.</summary>
internal sealed class FileDetail(OpenFileImages images)
{
    // F_SEAL_*, from bit 0 on (Linux, include/uapi/linux/fcntl.h).
    private static readonly string[] SealNames = ["SEAL", "SHRINK", "GROW", "WRITE", "FUTURE_WRITE", "EXEC"];

    public string? Of(FileEntry file) => file switch
    {
        { Reg.Ext: true } => "from outside the container",
        { Pipe: { } pipe } => Waiting(images.BytesInPipe(pipe)),
        { Fifo: { } fifo } => Waiting(images.BytesInFifo(fifo)),
        { Efd: { } eventfd } => $"counter {DetailText.Of(eventfd.Counter)}",
        { Epfd: { } epoll } => Watching(epoll.Tfd, one => DetailText.Of(one.Tfd)),
        { Ify: { } inotify } => Watching(inotify.Wd, Watched),
        { Ffy: { } fanotify } => Watching(fanotify.Mark, Watched),
        { Sgfd: { } signalfd } => string.Join(", ", SignalNames.OfSet(signalfd.Sigmask)),
        { Tfd: { } timer } => Timer(timer),
        { Memfd: { } memfd } when images.MemfdOf(memfd) is { Seals: var seals and not 0 } => $"seals {string.Join(", ", Seals(seals))}",
        { Tty: { } tty } when images.TerminalOf(tty) is { } terminal => $"session {DetailText.Of(terminal.Sid)}, foreground {DetailText.Of(terminal.Pgrp)}",
        { Tunf: { HasNetdev: true } tun } => tun.Netdev,
        { Bpf: { } map } => $"{map.MapName} type {DetailText.Of(map.MapType)}, {DetailText.Of(map.MaxEntries)} entries".Trim(),
        { Pidfd: { } process } => $"process {DetailText.Of(process.Nspid)}",
        _ => null,
    };

    private static string? Waiting(ulong bytes) => bytes == 0 ? null : $"{DetailText.Of(bytes)} bytes waiting";

    private static string? Watching<T>(RepeatedField<T> items, Func<T, string> text) =>
        items.Count == 0 ? null : "watches " + DetailText.List(items, text);

    private static string Watched(InotifyWdEntry watch) =>
        watch.FHandle is { HasPath: true } handle ? handle.Path : $"inode {DetailText.Of(watch.IIno)}";

    private static string Watched(FanotifyMarkEntry mark) => mark switch
    {
        { Me: { HasPath: true } mount } => mount.Path,
        { Me: { } mount } => $"mount {DetailText.Of(mount.MntId)}",
        { Ie.FHandle: { HasPath: true } handle } => handle.Path,
        { Ie: { } inode } => $"inode {DetailText.Of(inode.IIno)}",
        _ => $"device {DetailText.Of(mark.SDev)}",
    };

    private static string Timer(TimerfdEntry timer)
    {
        var clock = ClockOf(timer.Clockid);
        if (timer is { Vsec: 0, Vnsec: 0 })
            return clock + ", disarmed";
        var first = $"{clock}, in {Seconds(timer.Vsec, timer.Vnsec)} s";
        return timer is { Isec: 0, Insec: 0 } ? first : $"{first}, every {Seconds(timer.Isec, timer.Insec)} s";
    }

    private static string Seconds(ulong seconds, ulong nanoseconds) =>
        nanoseconds == 0 ? DetailText.Of(seconds) : string.Create(CultureInfo.InvariantCulture, $"{seconds}.{nanoseconds:d9}");

    // Linux, include/uapi/linux/time.h.
    private static string ClockOf(uint clock) => clock switch
    {
        0 => "CLOCK_REALTIME",
        1 => "CLOCK_MONOTONIC",
        7 => "CLOCK_BOOTTIME",
        8 => "CLOCK_REALTIME_ALARM",
        9 => "CLOCK_BOOTTIME_ALARM",
        _ => $"clock {DetailText.Of(clock)}",
    };

    private static IEnumerable<string> Seals(uint seals) => SealNames.Where((_, bit) => (seals >> bit & 1) != 0);
}
