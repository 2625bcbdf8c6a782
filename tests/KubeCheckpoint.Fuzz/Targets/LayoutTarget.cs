using KubeCheckpoint.Fuzz.Drafts;
using KubeCheckpoint.Images;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Fuzz.Targets;

/// <summary>Images in an OCI archive: found, and checked with their layers.</summary>
internal sealed class LayoutTarget(IReadOnlyList<(string Name, byte[] Content)> configs, byte[] layer) : ITarget
{
    public string Name => "layout";

    public int Weight => 6;

    public int SeedCount => configs.Count;

    public IDraft Begin(int seed) => new ImageDraft(configs[seed].Name, configs[seed].Content, layer);

    public void Read(IDraft draft, FuzzRandom random, Reading reading)
    {
        var content = draft.ToBytes();
        reading.InputSize = content.Length;
        var path = reading.Place.Write("image.tar", content);
        var query = new RestoreImageQuery { Path = path, Registry = new RegistryOptions() };
        if (random.OneIn(2))
            reading.Try("find images", () => _ = RestoreImageCatalog.FindAsync(query, (_, _) => { }, reading.Place.Token).ToBlockingEnumerable().Count());
        else
            reading.Try("check images", () => _ = RestoreImageChecker.CheckAsync(query, skipLayers: false, null, (_, _) => { }, reading.Place.Token).ToBlockingEnumerable().Count());
    }
}
