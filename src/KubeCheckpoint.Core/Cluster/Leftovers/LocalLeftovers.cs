using KubeCheckpoint.Archives.IO;

namespace KubeCheckpoint.Cluster.Leftovers;

/// <summary>
/// What processes of this user have left on this machine. Files with memory have no name on Linux and macOS, and Windows removes them with
/// their process: what may be left is an empty file of a process that was killed in the moment between its creation and the removal of its name.
/// </summary>
public static class LocalLeftovers
{
    /// <summary>How long a file of a process that cannot be seen from here may be needed.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(1);

    /// <summary>Finds files in the folder for temporary files. A folder that cannot be read has none.</summary>
    public static IReadOnlyList<CheckpointLeftover> Find()
    {
        try
        {
            return [.. TemporaryFile.FindLeft().Select(left => Read(left.File, left.Owner))];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static CheckpointLeftover Read(FileInfo file, Archives.Owners.OwnerProcess owner)
    {
        var isAlive = owner.IsAlive();
        var expires = new DateTimeOffset(file.LastWriteTimeUtc) + Lifetime;
        return new CheckpointLeftover
        {
            Kind = LeftoverReader.File,
            Place = LeftoverPlace.Client,
            Name = file.FullName,
            Role = LeftoverRole.TemporaryFile,
            State = LeftoverReader.StateOf(isAlive, expires, DateTimeOffset.UtcNow, isKept: false),
            OwnerUser = owner.User.Length > 0 ? owner.User : null,
            OwnerHost = owner.Host.Length > 0 ? owner.Host : null,
            OwnerProcessId = owner.Id,
            IsOwnerAlive = isAlive,
            CreatedAt = file.CreationTimeUtc,
            ExpiresAt = expires,
            Length = file.Length,
        };
    }
}
