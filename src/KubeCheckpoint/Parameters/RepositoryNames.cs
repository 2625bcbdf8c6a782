using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Parameters;

/// <summary>Checks the name of a repository before anything is made that would go there.</summary>
internal static class RepositoryNames
{
    /// <exception cref="KubeCheckpointException">ImageNameInvalid.</exception>
    public static void Check(string repository)
    {
        if (ImageReference.Parse(repository) is not { Tag: null, Digest: null })
            throw ImageFailure.ImageNameInvalid(repository, "a repository has no tag or digest");
    }
}
