namespace KubeCheckpoint.Cluster.KubeConfigs;

/// <summary>Another user that requests are made as.</summary>
/// <param name="User">The user name.</param>
/// <param name="Groups">The groups; empty for those that the API server knows of the user.</param>
/// <param name="Uid">The UID, or null.</param>
/// <param name="Extra">Further attributes, each with its values.</param>
internal sealed record Impersonation(
    string User, IReadOnlyList<string> Groups, string? Uid, IReadOnlyList<KeyValuePair<string, IReadOnlyList<string>>> Extra);
