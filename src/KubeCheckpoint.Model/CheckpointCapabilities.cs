namespace KubeCheckpoint;

/// <summary>
/// The capabilities of a process (capabilities(7)), by name: <c>CAP_NET_BIND_SERVICE</c>. One without a known name is
/// shown by its number, <c>CAP_41</c>.
/// </summary>
/// <param name="Effective">Those the kernel checks.</param>
/// <param name="Permitted">Those it may make effective.</param>
/// <param name="Inheritable">Those it passes to programs that accept them.</param>
/// <param name="Bounding">The most it can ever gain.</param>
/// <param name="Ambient">Those it passes to any program.</param>
public sealed record CheckpointCapabilities(
    IReadOnlyList<string> Effective,
    IReadOnlyList<string> Permitted,
    IReadOnlyList<string> Inheritable,
    IReadOnlyList<string> Bounding,
    IReadOnlyList<string> Ambient)
{
    /// <summary>The effective ones.</summary>
    public override string ToString() => string.Join(' ', Effective);
}
