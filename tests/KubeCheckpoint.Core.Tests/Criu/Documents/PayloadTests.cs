using KubeCheckpoint.Criu.Documents;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Core.Tests.Criu.Documents;

/// <summary>Tests the payload that follows the entries of an image.</summary>
public sealed class PayloadTests
{
    private static readonly byte[] Five = [1, 2, 3, 4, 5];

    [Fact]
    public void Pipes_and_queues_have_their_bytes()
    {
        var pipes = new ImageBytes("PIPES_DATA").Entry(new PipeDataEntry { PipeId = 1, Bytes = 5 }).Raw(Five).Entry(new PipeDataEntry { PipeId = 2, Bytes = 0 });
        var sockets = new ImageBytes("SK_QUEUES").Entry(new SkPacketEntry { IdFor = 1, Length = 5 }).Raw(Five);
        var maps = new ImageBytes("BPFMAP_DATA").Entry(new BpfmapDataEntry { MapId = 1, KeysBytes = 2, ValuesBytes = 3 }).Raw(Five);

        Assert.Equal(Five, pipes.Read()[0].Find("extra"));
        Assert.Equal(Array.Empty<byte>(), pipes.Read()[1].Find("extra"));
        Assert.Equal(Five, Assert.Single(sockets.Read()).Find("extra"));
        Assert.Equal(Five, Assert.Single(maps.Read()).Find("extra"));
        AssertComesBack(pipes, sockets, maps);
    }

    [Fact]
    public void Both_queues_of_a_connection_are_separate()
    {
        var image = new ImageBytes("TCP_STREAM").Entry(new TcpStreamEntry { InqLen = 2, OutqLen = 3 }).Raw(Five);
        var queues = (CriuObject)Assert.Single(image.Read()).Find("extra")!;

        Assert.Equal(Five[..2], queues.Find("inq"));
        Assert.Equal(Five[2..], queues.Find("outq"));
        AssertComesBack(image);
    }

    [Fact]
    public void A_deleted_file_is_in_one_piece_or_in_chunks()
    {
        var whole = new ImageBytes("GHOST_FILE").Entry(new GhostFileEntry { Uid = 1 }).Raw(Five);
        var chunks = new ImageBytes("GHOST_FILE").Entry(new GhostFileEntry { Uid = 1, Chunks = true, Size = 9000 })
            .Entry(new GhostChunkEntry { Len = 2, Off = 0 }).Raw(1, 2)
            .Entry(new GhostChunkEntry { Len = 3, Off = 8192 }).Raw(3, 4, 5);

        Assert.Equal(Five, Assert.Single(whole.Read()).Find("extra"));
        Assert.Equal([null, Five[..2], Five[2..]], chunks.Read().Select(entry => (byte[]?)entry.Find("extra")));
        Assert.Equal(8192UL, chunks.Read()[2].Find("off"));
        AssertComesBack(whole, chunks);
    }

    [Fact]
    public void Semaphores_are_numbers_and_filled_up_to_eight_bytes()
    {
        var image = new ImageBytes("IPCNS_SEM").Entry(new IpcSemEntry { Nsems = 3 }).Raw(1, 0, 2, 0, 0xff, 0xff, 0, 0)
            .Entry(new IpcSemEntry { Nsems = 4 }).Raw(1, 0, 2, 0, 3, 0, 4, 0);

        Assert.Equal([[1, 2, 65535], [1, 2, 3, 4]], image.Read().Select(entry => (ushort[])entry.Find("extra")!));
        AssertComesBack(image);
    }

    [Fact]
    public void Messages_of_a_queue_follow_it()
    {
        var image = new ImageBytes("IPCNS_MSG")
            .Entry(new IpcMsgEntry { Qnum = 2 })
            .Entry(new IpcMsg { Mtype = 7, Msize = 5 }).Raw(1, 2, 3, 4, 5, 0, 0, 0)
            .Entry(new IpcMsg { Mtype = 8, Msize = 0 })
            .Entry(new IpcMsgEntry { Qnum = 0 });
        var messages = (object[])image.Read()[0].Find("extra")!;

        Assert.Equal(2, image.Read().Count);
        Assert.Equal((7UL, 8UL), (((CriuObject)messages[0]).Find("mtype"), ((CriuObject)messages[2]).Find("mtype")));
        Assert.Equal([Five, []], new[] { (byte[])messages[1], (byte[])messages[3] });
        AssertComesBack(image);
    }

    // crit looks for bytes after both kinds, and fails on an image whose pages hold the segment.
    [Fact]
    public void A_shared_segment_has_bytes_unless_pages_hold_it()
    {
        var image = new ImageBytes("IPCNS_SHM").Entry(new IpcShmEntry { Size = 5 }).Raw(1, 2, 3, 4, 5, 0, 0, 0)
            .Entry(new IpcShmEntry { Size = 4096, InPagemaps = true });

        Assert.Equal([Five, null], image.Read().Select(entry => (byte[]?)entry.Find("extra")));
        AssertComesBack(image);
    }

    [Fact]
    public void Padding_is_kept_unless_it_is_zeros()
    {
        var image = new ImageBytes("IPCNS_SEM").Entry(new IpcSemEntry { Nsems = 1 }).Raw(1, 0, 2, 3, 4, 5, 6, 7);

        Assert.Equal([2, 3, 4, 5, 6, 7], (byte[])Assert.Single(image.Read()).Find("_padding")!);
        AssertComesBack(image);
    }

    [Theory]
    [InlineData("PIPES_DATA", new byte[] { 0x10, 0x06 })]
    [InlineData("SK_QUEUES", new byte[] { 0x10, 0xff, 0xff, 0xff, 0x7f })]
    [InlineData("TCP_STREAM", new byte[] { 0x08, 0x02, 0x18, 0x04 })]
    [InlineData("BPFMAP_DATA", new byte[] { 0x10, 0x03, 0x18, 0x03 })]
    [InlineData("IPCNS_SEM", new byte[] { 0x10, 0x05 })]
    [InlineData("IPCNS_MSG", new byte[] { 0x18, 0xff, 0xff, 0xff, 0xff, 0x0f })]
    [InlineData("IPCNS_SHM", new byte[] { 0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01 })]
    public void A_length_is_not_trusted_until_its_bytes_are_read(string type, byte[] entry)
    {
        var image = new ImageBytes(type).Entry(entry).Raw(Five).ToArray();
        var before = GC.GetAllocatedBytesForCurrentThread();

        var failure = Assert.Throws<KubeCheckpointException>(() => ImageBytes.Read(image));

        Assert.True(failure.ErrorId is "CriuImageDamaged" or "CriuPayloadTooLarge", failure.ErrorId);
        Assert.Contains("at offset ", failure.Message, StringComparison.Ordinal);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 2 * CriuLimits.Step, "allocated by a length that lies");
    }

    [Theory]
    [InlineData("PIPES_DATA", "bytes", "Entries[0].extra")]
    [InlineData("SK_QUEUES", "length", "Entries[0].extra")]
    [InlineData("TCP_STREAM", "inq_len", "Entries[0].extra.inq")]
    [InlineData("IPCNS_SEM", "nsems", "Entries[0].extra")]
    [InlineData("IPCNS_MSG", "qnum", "Entries[0].extra")]
    public void A_payload_of_another_length_than_its_entry_says_is_refused(string type, string field, string place)
    {
        var entry = new CriuObject();
        entry.Add(field, 9);

        var failure = Assert.Throws<KubeCheckpointException>(() => ImageBytes.Write(type, null, [entry]));

        Assert.Equal(("CriuEntryInvalid", (object)place), (failure.ErrorId, failure.Target));
    }

    private static void AssertComesBack(params ImageBytes[] images) =>
        Assert.All(images, image => Assert.Equal(image.ToArray(), ImageBytes.WriteAgain(image.ToArray())));
}
