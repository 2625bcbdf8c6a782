using Google.Protobuf;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Core.Tests.Support;

/// <summary>Builds archives of images that no container of the tests would produce.</summary>
internal sealed class CheckpointBuilder(string spec = TarBuilder.Spec)
{
    private readonly TarBuilder _tar = new TarBuilder().Add("config.dump", TarBuilder.Config).Add("spec.dump", spec);

    /// <summary>Adds a process with its own descriptors.</summary>
    public CheckpointBuilder Process(uint id, params FdinfoEntry[] descriptors) =>
        Task(id, id).Image($"fdinfo-{id}", "FDINFO", [.. descriptors]);

    /// <summary>Adds a process whose descriptors are in fdinfo-FILESID.</summary>
    public CheckpointBuilder Task(uint id, uint filesId, CoreEntry.Types.March machine = CoreEntry.Types.March.X8664) =>
        Image($"core-{id}", "CORE", new CoreEntry { Mtype = machine, Tc = new TaskCoreEntry { Comm = $"p{id}" } })
            .Image($"ids-{id}", "IDS", new TaskKobjIdsEntry { FilesId = filesId, MntNsId = 1 });

    public CheckpointBuilder Tree(params uint[] ids) => Image("pstree", "PSTREE", [.. ids.Select(id => new PstreeEntry { Pid = id })]);

    public CheckpointBuilder Files(params FileEntry[] files) => Image("files", "FILES", [.. files]);

    public CheckpointBuilder Image(string name, string type, params IMessage[] entries) =>
        Member($"checkpoint/{name}.img", CriuImageBytes.Of(CriuImageType.ByName[type], entries));

    /// <summary>Adds an image with a payload after each message.</summary>
    public CheckpointBuilder Image(string name, string type, params (IMessage Entry, byte[] Payload)[] entries)
    {
        var head = CriuImageBytes.Of(CriuImageType.ByName[type]);
        var body = entries.SelectMany(entry => CriuImageBytes.Of(CriuImageType.ByName[type], entry.Entry).Skip(head.Length).Concat(entry.Payload));
        return Member($"checkpoint/{name}.img", [.. head, .. body]);
    }

    public CheckpointBuilder Member(string name, byte[] content)
    {
        _tar.Add(name, content);
        return this;
    }

    public string Save(TemporaryFolder folder) => folder.Write("synthetic.tar", _tar.End());
}
