namespace KubeCheckpoint.Archives.Tar;

/// <summary>The attributes of a member in its tar header.</summary>
/// <param name="TypeFlag">The type flag of ustar.</param>
/// <param name="Mode">Permission bits, setuid, setgid and sticky.</param>
/// <param name="UserId">The owner, or null where the field holds no number.</param>
/// <param name="GroupId">The group, or null where the field holds no number.</param>
/// <param name="UserName">The owner's name, or null.</param>
/// <param name="GroupName">The group's name, or null.</param>
/// <param name="LinkTarget">The target of a link, or null.</param>
/// <param name="ModifiedAt">The time of the last change, with fractions of a second where a PAX header has them.</param>
/// <param name="Extended">The extended attributes by their names.</param>
internal sealed record TarAttributes(
    char TypeFlag,
    int Mode,
    long? UserId,
    long? GroupId,
    string? UserName,
    string? GroupName,
    string? LinkTarget,
    DateTimeOffset? ModifiedAt,
    IReadOnlyDictionary<string, byte[]> Extended);
