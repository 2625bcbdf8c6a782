using System.Diagnostics;
using System.Text.RegularExpressions;
using Google.Protobuf;
using KubeCheckpoint.Core.Tests.Criu.Memory;
using KubeCheckpoint.Criu;
using KubeCheckpoint.Criu.Documents;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Memory;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Core.Tests.Criu.Documents;

/// <summary>
/// Hundreds of thousands of damaged images: each gives a result or an error with member and offset, in bounded time and memory. The seed is
/// the number of the test, so that a failure can be reproduced.
/// </summary>
public sealed partial class CriuMutationTests
{
    private const string Member = "checkpoint/damaged.img";

    // What reading allocates beyond the size of the image: buffers, and a first step before a length is trusted.
    private const long FixedAllocation = 1024 * 1024;

    // One byte is at most an entry without fields: an object, its bytes, and places for both in growing lists.
    private const long AllocationPerByte = 300;

    private static readonly string[] Archives = ["zoo-crio.tar", "containerd-redis.tar", "podman-counter-none.tar"];

    private static readonly TimeSpan PerCase = TimeSpan.FromSeconds(10);

    private static readonly byte[] Pages = MakePages();

    private static readonly Lazy<List<byte[]>> Small = new(() => [.. Corpus().Where(image => image.Length <= 6000)]);
    private static readonly Lazy<List<byte[]>> Large = new(() => [.. Corpus().Where(image => image.Length > 6000)]);

    [Theory]
    [InlineData(1, 90_000)]
    [InlineData(2, 90_000)]
    [InlineData(3, 90_000)]
    public void Small_images(int seed, int count)
    {
        var mutation = new Mutation(seed);
        var (answers, failures) = (0, 0);
        for (var i = 0; i < count; i++)
        {
            if (ReadAndWrite(mutation.Damage(Small.Value[i % Small.Value.Count], Small.Value)))
                answers++;
            else
                failures++;
        }
        // If everything or nothing is refused, the damage is not effective.
        Assert.InRange(answers, count / 20, count);
        Assert.InRange(failures, count / 20, count);
    }

    [Fact]
    public void Large_images()
    {
        var mutation = new Mutation(4);
        for (var i = 0; i < 10_000; i++)
            ReadAndWrite(mutation.Damage(Large.Value[i % Large.Value.Count], Small.Value));
    }

    [Fact]
    public void Images_cut_at_every_byte()
    {
        foreach (var image in Small.Value.Where(image => image.Length <= 1000))
        {
            for (var length = 0; length < image.Length; length++)
                ReadAndWrite(image[..length]);
        }
    }

    [Fact]
    public void Pagemaps_and_the_memory_behind_them()
    {
        var mutation = new Mutation(5);
        var pagemaps = Pagemaps();
        var (answers, failures) = (0, 0);
        for (var i = 0; i < 100_000; i++)
        {
            if (ReadMemory(mutation.Damage(pagemaps[i % pagemaps.Count], pagemaps), i))
                answers++;
            else
                failures++;
        }
        Assert.InRange(answers, 5000, 100_000);
        Assert.InRange(failures, 5000, 100_000);
    }

    [Fact]
    public void Blocks_of_lz4()
    {
        var random = new Random(6);
        var blocks = Enumerable.Range(1, 8).Select(bits => Lz4Encoder.Encode([.. Enumerable.Range(0, 4096).Select(_ => (byte)random.Next(1 << bits))])).ToList();
        var mutation = new Mutation(6);
        var target = new byte[4096];
        for (var i = 0; i < 100_000; i++)
            Lz4Block.TryDecode(mutation.Damage(blocks[i % blocks.Count], blocks), target);
    }

    [Fact]
    public void Values_that_users_might_give()
    {
        var random = new Random(8);
        var types = CriuImageType.ByName.Values.OrderBy(type => type.Name).ToList();
        var (written, refused) = (0, 0);
        for (var i = 0; i < 100_000; i++)
        {
            var type = types[i % types.Count];
            try
            {
                ImageBytes.Write(type.Name, null, [Entry(random, CriuShape.Of(type.Message), 0)]);
                written++;
            }
            catch (KubeCheckpointException failure)
            {
                Assert.Equal("CriuEntryInvalid", failure.ErrorId);
                Assert.StartsWith("Entries[0]", (string)failure.Target!, StringComparison.Ordinal);
                refused++;
            }
        }
        Assert.InRange(written, 5000, 100_000);
        Assert.InRange(refused, 5000, 100_000);
    }

    // The generated parser reads the same bytes with the same definitions: if both accept a message, it must be the same.
    [Fact]
    public void Results_agree_with_the_generated_parser()
    {
        var mutation = new Mutation(7);
        var codec = new EntryCodec();
        var compared = 0;
        foreach (var (type, message) in Messages(50_000, mutation))
        {
            byte[] expected;
            CriuObject entry;
            try
            {
                expected = Canonical(type, message);
                entry = MessageDecoder.Decode(message, CriuShape.Of(type.Message));
            }
            catch (Exception exception) when (exception is InvalidProtocolBufferException or WireException)
            {
                continue;
            }
            var plain = codec.Encode(entry, CriuShape.Of(type.Message)).ToArray();
            Assert.True(Canonical(type, plain).AsSpan().SequenceEqual(expected), $"{type.Name} {Convert.ToHexString(message)}");
            compared++;
        }
        Assert.InRange(compared, 10_000, 50_000);
    }

    // Google's parser puts unknown fields after the others, including unknown values of an enumeration.
    private static byte[] Canonical(CriuImageType type, byte[] message) => type.Parser.ParseFrom(message).ToByteArray();

    private static CriuObject Entry(Random random, CriuShape shape, int depth)
    {
        var entry = new CriuObject();
        for (var count = random.Next(3); count >= 0; count--)
            entry.Add(random.Next(12) == 0 ? "extra" : shape.Fields[random.Next(shape.Fields.Length)].Name, Value(random, shape, depth));
        return entry;
    }

    private static object Value(Random random, CriuShape shape, int depth) => random.Next(16) switch
    {
        0 or 1 => random.Next(-5, 300),
        2 => random.NextInt64(),
        3 => (ulong)random.NextInt64() << 1,
        4 => random.NextDouble() * 1e20,
        5 => "0x" + random.Next().ToString("x", System.Globalization.CultureInfo.InvariantCulture),
        6 => random.Next(2) == 0,
        7 => new byte[] { 8, 1 },
        8 => "AAEC",
        9 => new object[] { 1, "2", 3L },
        10 => DateTime.UnixEpoch,
        11 or 12 when depth < 5 => Entry(random, shape, depth + 1),
        13 when depth < 5 => new object[] { Entry(random, shape, depth + 1), Entry(random, shape, depth + 1) },
        14 => 1u,
        _ => "text",
    };

    private static bool ReadAndWrite(byte[] image) => Survives(image, () =>
    {
        using var document = ImageBytes.Open(image, Member);
        var entries = document.Entries.ToList();
        Assert.True(ImageBytes.Write(document.Type, document.Family, entries).AsSpan().SequenceEqual(image), "it did not come back byte for byte");
    });

    private static bool ReadMemory(byte[] image, int round) => Survives(image, () =>
    {
        var pagemap = Pagemap.Read(new CriuImageReader(new MemoryStream(image), new CriuImageName(ImageBytes.Path, Member)), 4096);
        var store = new PageStore(pagemap, new MemoryPagesFile(Pages));
        var maps = new[]
        {
            Map(0x40_0000, 0x60_0000, 0, VmaStatus.AnonymousPrivate),
            Map(0x7f00_0000_0000, 0x7fff_ffff_f000, 0, VmaStatus.AnonymousPrivate),
            Map(0x8000_0000_0000, 0x9000_0000_0000, (ulong)round * 0x1234_5678_9abc_d000, VmaStatus.AnonymousShared),
            Map(0xffff_ffff_ff60_0000, 0xffff_ffff_ff60_1000, 0, VmaStatus.Vsyscall),
        };
        Walk(new AddressSpace(maps, store, _ => store));
    });

    // Every extent is in its map and after the one before; a few bytes at both ends are read where possible.
    private static void Walk(AddressSpace space)
    {
        var buffer = new byte[8192];
        var end = 0UL;
        foreach (var extent in space.Extents().Take(2000))
        {
            Assert.True(extent.Length > 0 && extent.Address >= end && extent.Address >= extent.Map.Start && extent.End <= extent.Map.End, $"0x{extent.Address:x} + {extent.Length}");
            end = extent.End;
            if (extent.Store is null)
                continue;
            Read(space, extent.Address, buffer);
            Read(space, extent.End - Math.Min(100, (ulong)extent.Length), buffer);
        }
    }

    private static void Read(AddressSpace space, ulong address, byte[] buffer)
    {
        try
        {
            space.Read(address, buffer);
        }
        catch (KubeCheckpointException failure)
        {
            AssertNamed(failure, "checkpoint/pages-1.img");
        }
    }

    private static bool Survives(byte[] image, Action read)
    {
        var watch = Stopwatch.StartNew();
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            read();
            return true;
        }
        catch (KubeCheckpointException failure)
        {
            AssertNamed(failure, Member);
            return false;
        }
        catch (Exception exception) when (exception is not KubeCheckpointException)
        {
            throw new Xunit.Sdk.XunitException($"{exception.GetType().Name}: {exception.Message}\n{Convert.ToHexString(image)}\n{exception.StackTrace}");
        }
        finally
        {
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < FixedAllocation + AllocationPerByte * image.Length, $"{allocated} bytes for an image of {image.Length}: {Convert.ToHexString(image)}");
            Assert.True(watch.Elapsed < PerCase, $"took {watch.Elapsed}: {Convert.ToHexString(image)}");
        }
    }

    private static void AssertNamed(KubeCheckpointException failure, string member)
    {
        Assert.Contains($"'{member}'", failure.Message, StringComparison.Ordinal);
        Assert.Matches(AtOffset(), failure.Message);
        Assert.NotEmpty(failure.RecommendedAction);
    }

    private static Vma Map(ulong start, ulong end, ulong offset, VmaStatus status) =>
        new(new VmaEntry { Start = start, End = end, Pgoff = offset, Status = (uint)(VmaStatus.Regular | status) });

    private static IEnumerable<(CriuImageType Type, byte[] Message)> Messages(int count, Mutation mutation)
    {
        var messages = Small.Value
            .Select(image => new CriuImageReader(new MemoryStream(image), new CriuImageName(ImageBytes.Path)))
            .Where(reader => reader.Type.Payload == CriuPayload.None)
            .Select(reader => (reader.Type, reader.TryReadBytes(out var bytes) ? bytes.ToArray() : []))
            .Where(message => message.Item2.Length > 0)
            .ToList();
        var others = messages.Select(message => message.Item2).ToList();
        return Enumerable.Range(0, count).Select(i => messages[i % messages.Count]).Select(message => (message.Type, mutation.Damage(message.Item2, others)));
    }

    // Images of real archives, and of the types that these do not have.
    private static IEnumerable<byte[]> Corpus() =>
    [
        .. Archives.SelectMany(archive => ImageBytes.Of(archive)).Select(image => image.Bytes),
        .. Pagemaps(),
        new ImageBytes("TCP_STREAM").Entry(new TcpStreamEntry { InqLen = 200, OutqLen = 300 }).Raw(new byte[500]).ToArray(),
        new ImageBytes("IPCNS_SEM").Entry(new IpcSemEntry { Nsems = 3 }).Raw(new byte[8]).Entry(new IpcSemEntry { Nsems = 1 }).Raw(new byte[8]).ToArray(),
        new ImageBytes("IPCNS_MSG").Entry(new IpcMsgEntry { Qnum = 2 }).Entry(new IpcMsg { Mtype = 1, Msize = 5 }).Raw(new byte[8]).Entry(new IpcMsg { Mtype = 2, Msize = 0 }).ToArray(),
        new ImageBytes("IPCNS_SHM").Entry(new IpcShmEntry { Size = 70 }).Raw(new byte[72]).Entry(new IpcShmEntry { Size = 9, InPagemaps = true }).ToArray(),
        new ImageBytes("BPFMAP_DATA").Entry(new BpfmapDataEntry { KeysBytes = 8, ValuesBytes = 16 }).Raw(new byte[24]).ToArray(),
        new ImageBytes("GHOST_FILE").Entry(new GhostFileEntry { Chunks = true }).Entry(new GhostChunkEntry { Len = 20, Off = 4096 }).Raw(new byte[20]).ToArray(),
        new ImageBytes("INVENTORY", 0).Entry(new InventoryEntry { ImgVersion = 3, RootIds = new TaskKobjIdsEntry { VmId = 1 } }).ToArray(),
        new ImageBytes("STATS", CriuImageType.ServiceMagic).Entry(new StatsEntry { Dump = new DumpStatsEntry { FreezingTime = 5 } }).ToArray(),
    ];

    private static List<byte[]> Pagemaps()
    {
        var compressed = new PagemapEntry { Vaddr = 0x50_0000, NrPages = 5, Flags = 12, Blocks = new PageBlocks { PagesPerBlock = 2, TotalPayloadSize = 8300 } };
        compressed.Blocks.BlockSizes.AddRange([8192U, 0U, 108U]);
        return
        [
            .. Archives.SelectMany(archive => ImageBytes.Of(archive))
                .Where(image => image.Name.Contains("/pagemap-", StringComparison.Ordinal)).Select(image => image.Bytes),
            new ImageBytes("PAGEMAP").Entry(new PagemapHead { PagesId = 1 })
                .Entry(new PagemapEntry { Vaddr = 0x40_0000, CompatNrPages = 2 })
                .Entry(new PagemapEntry { Vaddr = 0x41_0000, CompatNrPages = 1, InParent = true })
                .Entry(compressed).ToArray(),
        ];
    }

    private static byte[] MakePages()
    {
        var pages = new byte[256 * 1024];
        new Random(9).NextBytes(pages);
        return pages;
    }

    [GeneratedRegex(@"at offset \d+")]
    private static partial Regex AtOffset();
}
