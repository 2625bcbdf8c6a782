using KubeCheckpoint.Fuzz.Drafts;
using KubeCheckpoint.Fuzz.Mutators;
using KubeCheckpoint.Fuzz.Seeds;

namespace KubeCheckpoint.Fuzz.Targets;

/// <summary>Every kind of input that the module reads.</summary>
internal static class AllTargets
{
    private const string ForEverything = "zoo-crio.tar";

    /// <summary>The targets, with their seeds.</summary>
    public static IReadOnlyList<ITarget> Create()
    {
        var archives = RealArchives.Small();
        var zoo = archives.First(archive => archive.Seed == ForEverything);
        TarDraft[] all = [.. archives, MadeImages.Archive(zoo), .. Corpus.Of("archive").Select(file => new TarDraft(file.Name, file.Content))];
        return
        [
            new ArchiveTarget(all, zoo),
            new ImageTarget([.. MadeImages.All(), .. ImagesOf(zoo), .. Corpus.Of("image")]),
            new CompressedTarget([.. RealArchives.Compressed(), .. Corpus.Of("compressed")]),
            new LayoutTarget(Corpus.Of("config"), ((IDraft)archives[0]).ToBytes()),
            Documents("kubeconfig", 20, new TextMutator("*a", "&a ", "<<: *a", "{", "[", "- ", "!!binary ", "|", ">", "? ", "---\n", "%YAML 1.1", "exec:", "token:", "~", "'"), ServerReaders.ReadKubeConfig),
            Documents("object", 24, JsonMutator.Instance, ServerReaders.ReadObject),
            Documents("patch", 8, JsonMutator.Instance, ServerReaders.ReadPatch),
            Documents("credential", 8, JsonMutator.Instance, ServerReaders.ReadCredential),
            Documents("certificate", 2, new TextMutator("-----BEGIN ", "-----END ", "CERTIFICATE-----", "PRIVATE KEY-----"), ServerReaders.ReadCertificate),
            Documents("node", 8, new TextMutator("kernel ", "cpu ", "setting ", "option ", "v1.2.3", "1h30m"), ServerReaders.ReadNode),
            Documents("log", 10, new TextMutator("Error (", "(00.1) ", "criu/x.c:1): ", "pie: ", "Warn  (", "\\\""), ServerReaders.ReadLog),
            Documents("selector", 8, new TextMutator("in (", "notin (", "==", "!=", ",", "(?:", ")*", "[^", "]", "{1,9999}", "(?=", "\\p{L}", "+", "a|", "metadata.name="), ServerReaders.ReadSelector),
            Documents("frames", 3, RawMutator.Instance, ServerReaders.ReadFrames),
            Documents("proxy", 6, new TextMutator("HTTP/1.1 ", "200", "407", "\r\n", "Content-Length: "), ServerReaders.ReadProxy),
            Documents("manifest", 20, JsonMutator.Instance, RegistryReaders.ReadDocument),
            Documents("auth", 8, JsonMutator.Instance, RegistryReaders.ReadAuthFile),
            Documents("challenge", 8, new TextMutator("Bearer ", "Basic ", "realm=\"", "service=\"", "\"", ",", "=", "scope="), RegistryReaders.ReadChallenge),
            Documents("name", 4, new TextMutator("sha256:", "/", ":", "@", ".", "--", "_", "localhost:5000/"), RegistryReaders.ReadName),
        ];
    }

    private static DocumentTarget Documents(string name, int weight, IMutator mutator, Action<byte[], Reading> read) =>
        new(name, weight, mutator, Corpus.Of(name), read);

    private static IEnumerable<(string Name, byte[] Content)> ImagesOf(TarDraft archive) => archive.Parts
        .Where(part => part.Name.EndsWith(".img", StringComparison.Ordinal) && !MemberFormat.IsRaw(part.Name))
        .Select(part => (part.Name, part.Data));
}
