namespace KubeCheckpoint.Cluster.Restore;

/// <summary>Folders for archives that are only passing through: memory of processes that must not stay.</summary>
internal static class TemporaryFolder
{
    public static void Delete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Readable for nobody but this user, and the system clears its temporary folder.
        }
    }
}
