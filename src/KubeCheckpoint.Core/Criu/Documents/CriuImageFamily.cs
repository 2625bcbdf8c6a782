using KubeCheckpoint.Criu.Images;

namespace KubeCheckpoint.Criu.Documents;

/// <summary>The magic before the type's own, by name.</summary>
internal static class CriuImageFamily
{
    public const string Common = "COMMON";
    public const string Service = "SERVICE";
    public const string None = "NONE";

    public static string NameOf(uint magic) => magic switch
    {
        CriuImageType.CommonMagic => Common,
        CriuImageType.ServiceMagic => Service,
        _ => None,
    };

    /// <summary>The magic of a name; without a name, the one CRIU has written since 2.0; null for an unknown name.</summary>
    public static uint? MagicOf(string? name, CriuImageType type) => name?.ToUpperInvariant() switch
    {
        Common => CriuImageType.CommonMagic,
        Service => CriuImageType.ServiceMagic,
        None => 0,
        null or "" => type.Name switch
        {
            "INVENTORY" => 0,
            "STATS" or "IRMAP_CACHE" => CriuImageType.ServiceMagic,
            _ => CriuImageType.CommonMagic,
        },
        _ => null,
    };
}
