namespace KubeCheckpoint;

/// <summary>
/// The capabilities of a process (capabilities(7)), by name: <c>CAP_NET_BIND_SERVICE</c>. One that has no name yet is
/// <c>CAP_41</c>, by its number.
/// </summary>
/// <param name="Effective">Those the kernel looks at.</param>
/// <param name="Permitted">Those it may make effective.</param>
/// <param name="Inheritable">Those it hands on to programs that take them.</param>
/// <param name="Bounding">Those it can ever gain.</param>
/// <param name="Ambient">Those it hands on to any program.</param>
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
