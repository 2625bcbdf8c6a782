using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Criu.Memory;

namespace KubeCheckpoint.Archives.Search;

/// <summary>A process whose memory is searched.</summary>
internal sealed record SearchProcess(int Id, string Name, AddressSpace Memory, MapNames Maps);
