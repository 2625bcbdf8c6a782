using System.Globalization;
using System.Text.RegularExpressions;

namespace KubeCheckpoint.Cluster.Preflight.Checks;

/// <summary>
/// The version of a kubelet, runtime, kernel or program, without the suffixes of distributions and builds, as in
/// <c>v1.36.2</c>, <c>2.1.9-1~deb</c>, <c>1.31.2-k3s1</c>, <c>1.36.3+unknown</c>, <c>6.18.44-fc-v657</c>, <c>1.30.4-3.rhaos4.17.git1234</c>.
/// </summary>
/// <param name="Major">The first number.</param>
/// <param name="Minor">The second number, or 0.</param>
/// <param name="Patch">The third number, or 0.</param>
public readonly partial record struct ComponentVersion(int Major, int Minor = 0, int Patch = 0) : IComparable<ComponentVersion>
{
    /// <summary>Parses a version; null if the text is null or does not begin with a number.</summary>
    /// <param name="text">The version as the component reports it.</param>
    public static ComponentVersion? Parse(string? text) => Form().Match(text ?? "") is { Success: true } match
        ? new(Number(match.Groups[1]), Number(match.Groups[2]), Number(match.Groups[3]))
        : null;

    /// <inheritdoc/>
    public int CompareTo(ComponentVersion other) => (Major, Minor, Patch).CompareTo((other.Major, other.Minor, other.Patch));

    /// <summary>Whether the left version is older.</summary>
    public static bool operator <(ComponentVersion left, ComponentVersion right) => left.CompareTo(right) < 0;

    /// <summary>Whether the left version is newer.</summary>
    public static bool operator >(ComponentVersion left, ComponentVersion right) => left.CompareTo(right) > 0;

    /// <summary>Whether the left version is not newer.</summary>
    public static bool operator <=(ComponentVersion left, ComponentVersion right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the left version is not older.</summary>
    public static bool operator >=(ComponentVersion left, ComponentVersion right) => left.CompareTo(right) >= 0;

    /// <summary>The three numbers.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}.{Patch}");

    private static int Number(Group group) => group.Success ? int.Parse(group.ValueSpan, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(@"^\s*v?(\d{1,6})(?:\.(\d{1,6}))?(?:\.(\d{1,6}))?(?![0-9])")]
    private static partial Regex Form();
}
