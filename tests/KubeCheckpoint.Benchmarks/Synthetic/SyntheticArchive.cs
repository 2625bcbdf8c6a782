using System.Globalization;
using System.Text;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Benchmarks.Synthetic;

/// <summary>
/// Writes a checkpoint archive as CRI-O does, a plain tar of any size, sequentially: configuration, the images of one or more processes
/// and their pages. The memory is a mixture of zeros, text, pointers and noise.
/// </summary>
internal static class SyntheticArchive
{
    private const string Config = """
        {"id":"5e1ec7ab1e5e1ec7ab1e5e1ec7ab1e5e1ec7ab1e5e1ec7ab1e5e1ec7ab1e5e1e","name":"k8s_app_synthetic_default_00000000-0000-0000-0000-000000000001_0","rootfsImage":"87f6b810417b40ca6f1fbcc1bd098b9fbe16aeadb5a49b755fe41705b1a6fff6","rootfsImageRef":"87f6b810417b40ca6f1fbcc1bd098b9fbe16aeadb5a49b755fe41705b1a6fff6","rootfsImageName":"registry.local:5000/app:1","runtime":"runc","createdTime":"2026-11-23T06:50:18.879596091Z","checkpointedTime":"2026-11-23T06:50:40.294925703Z","restoredTime":"0001-01-01T00:00:00Z","restored":false}
        """;

    private const string Spec = """
        {"ociVersion":"1.2.0","process":{"args":["/bin/synthetic"]},"root":{"path":"rootfs"},"hostname":"synthetic","mounts":[],"annotations":{"io.container.manager":"cri-o","io.kubernetes.container.name":"app","io.kubernetes.cri-o.Created":"2026-11-23T06:50:18.841253838Z","io.kubernetes.cri-o.IP.0":"10.88.0.2","io.kubernetes.cri-o.Annotations":"{}","io.kubernetes.cri-o.SandboxID":"0b0c5e1ec7ab1e0b0c5e1ec7ab1e0b0c5e1ec7ab1e0b0c5e1ec7ab1e0b0c5e1e","io.kubernetes.cri-o.Metadata":"{\"name\":\"app\"}","io.kubernetes.pod.name":"synthetic","io.kubernetes.pod.namespace":"default","io.kubernetes.pod.uid":"00000000-0000-0000-0000-000000000001"},"linux":{}}
        """;

    /// <summary>Writes the archive; overwrites an existing file.</summary>
    public static void Write(string path, SyntheticArchiveOptions options)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, 1 << 20);
        Write(file, options);
    }

    /// <summary>Writes the archive. The stream need not be seekable.</summary>
    public static void Write(Stream stream, SyntheticArchiveOptions options)
    {
        var tar = new SyntheticTar(stream);
        var processes = SyntheticProcess.Plan(options);
        tar.Add("stats-dump", Image(CriuImageType.Stats, CriuImageType.ServiceMagic, Statistics(processes)));
        tar.AddFolder("checkpoint/");
        foreach (var process in processes)
            AddProcess(tar, process);
        tar.Add("checkpoint/files.img", Image(CriuImageType.Files, [.. SyntheticProcess.Files()]));
        tar.Add("checkpoint/inventory.img", Image(CriuImageType.Inventory, 0, new InventoryEntry
        {
            ImgVersion = 2,
            FdinfoPerId = true,
            NsPerId = true,
            RootIds = processes[0].Ids(),
            Lsmtype = Lsmtype.NoLsm,
        }));
        foreach (var process in processes)
            tar.Add(Name("pages", process.Id), process.PagesSize, process.WritePages);
        tar.Add("checkpoint/pstree.img", Image(CriuImageType.Pstree, [.. processes.Select(process => process.Tree())]));
        tar.Add("config.dump", Encoding.UTF8.GetBytes(Config));
        tar.Add("spec.dump", Encoding.UTF8.GetBytes(Spec));
        tar.Add("io.kubernetes.cri-o.LogPath", "2026-11-23T06:50:19.000000000Z stdout F synthetic\n"u8.ToArray());
        tar.End();
    }

    private static void AddProcess(SyntheticTar tar, SyntheticProcess process)
    {
        tar.Add(Name("core", process.Id), Image(CriuImageType.Core, RequiredFields.Complete(process.Core())));
        tar.Add(Name("fdinfo", process.FilesId), Image(CriuImageType.Fdinfo, [.. SyntheticProcess.Descriptors()]));
        tar.Add(Name("fs", process.Id), Image(CriuImageType.Fs, new FsEntry { CwdId = 2, RootId = 2, Umask = 18 }));
        tar.Add(Name("ids", process.Id), Image(CriuImageType.Ids, RequiredFields.Complete(process.Ids())));
        tar.Add(Name("mm", process.Id), Image(CriuImageType.Mm, RequiredFields.Complete(process.Mm())));
        tar.Add(Name("pagemap", process.Id), Image(CriuImageType.Pagemap, [new PagemapHead { PagesId = process.Id }, .. process.Pagemap()]));
    }

    private static string Name(string kind, uint id) => string.Create(CultureInfo.InvariantCulture, $"checkpoint/{kind}-{id}.img");

    private static StatsEntry Statistics(IReadOnlyList<SyntheticProcess> processes)
    {
        var pages = (ulong)processes.Sum(process => process.PagesSize) / SyntheticMemory.PageSize;
        return new StatsEntry
        {
            Dump = new DumpStatsEntry { FreezingTime = 50_000, FrozenTime = 200_000, MemdumpTime = 20_000, MemwriteTime = 10_000, PagesScanned = pages, PagesWritten = pages },
        };
    }

    private static byte[] Image(CriuImageType type, params Google.Protobuf.IMessage[] messages) => Image(type, CriuImageType.CommonMagic, messages);

    private static byte[] Image(CriuImageType type, uint family, params Google.Protobuf.IMessage[] messages)
    {
        using var image = new MemoryStream();
        using var writer = new BinaryWriter(image);
        if (family != 0)
            writer.Write(family);
        writer.Write(type.Magic);
        foreach (var message in messages)
        {
            writer.Write(message.CalculateSize());
            writer.Write(Google.Protobuf.MessageExtensions.ToByteArray(message));
        }
        return image.ToArray();
    }
}
