namespace KubeCheckpoint.Cluster.KubeConfigs;

/// <summary>Bytes that a kubeconfig holds itself, in a field that ends with <c>-data</c>, or names a file for.</summary>
/// <param name="Field">The field, for error messages.</param>
/// <param name="Location">Where the field is.</param>
/// <param name="File">The full path of the file, or null.</param>
/// <param name="Data">The bytes; empty if a file holds them.</param>
internal sealed record KubeConfigContent(string Field, KubeConfigLocation Location, string? File, ReadOnlyMemory<byte> Data)
{
    /// <summary>The bytes, from the file if there is one.</summary>
    /// <exception cref="KubeCheckpointException">KubeConfigInvalid: the file cannot be read.</exception>
    public ReadOnlyMemory<byte> Read()
    {
        if (File is null)
            return Data;
        try
        {
            return System.IO.File.ReadAllBytes(File);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw KubeConfigFailure.KubeConfigInvalid(Location, $"the file '{File}' of '{Field}' does not exist.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw KubeConfigFailure.KubeConfigInvalid(Location, $"the file '{File}' of '{Field}' cannot be read: {exception.Message}", exception);
        }
    }
}
