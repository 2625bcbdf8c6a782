using System.Text;

namespace KubeCheckpoint.Cluster.KubeConfigs;

/// <summary>Another user that requests are made as.</summary>
/// <param name="User">The user name. Null: requests are made as the user of the credentials.</param>
/// <param name="Groups">The groups.</param>
/// <param name="Uid">The UID, or null.</param>
/// <param name="Extra">Further attributes, each with its values.</param>
internal sealed record Impersonation(
    string? User, IReadOnlyList<string> Groups, string? Uid, IReadOnlyList<KeyValuePair<string, IReadOnlyList<string>>> Extra)
{
    /// <summary>Requests are made as the user of the credentials.</summary>
    public static Impersonation None { get; } = new(null, [], null, []);

    /// <summary>This with what a target says instead, field by field as the options of kubectl do.</summary>
    /// <exception cref="KubeCheckpointException">ImpersonationInvalid.</exception>
    public Impersonation OverrideWith(ClusterTarget target)
    {
        var result = this with { User = target.As ?? User, Groups = target.AsGroup.Count > 0 ? target.AsGroup : Groups };
        return result switch
        {
            { User: null, Groups.Count: > 0 } or { User: null, Uid: not null } or { User: null, Extra.Count: > 0 } =>
                throw KubeConfigFailure.ImpersonationInvalid("groups, a UID or extra attributes are given without a user."),
            _ when result.Texts.Any(text => text.Any(char.IsControl)) =>
                throw KubeConfigFailure.ImpersonationInvalid("a name contains a control character."),
            _ when result.Texts.Any(text => text.EnumerateRunes().Contains(Rune.ReplacementChar)) =>
                throw KubeConfigFailure.ImpersonationInvalid("a name contains half of a surrogate pair, or a replacement character."),
            _ => result,
        };
    }

    private IEnumerable<string> Texts => [User ?? "", .. Groups, Uid ?? "", .. Extra.SelectMany(extra => extra.Value)];
}
