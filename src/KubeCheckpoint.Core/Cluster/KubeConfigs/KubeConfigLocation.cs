namespace KubeCheckpoint.Cluster.KubeConfigs;

/// <summary>A place in a kubeconfig file, for error messages.</summary>
/// <param name="File">The full path of the file.</param>
/// <param name="Line">The line, from 1.</param>
internal sealed record KubeConfigLocation(string File, int Line)
{
    /// <summary>The folder that paths of the file are relative to.</summary>
    public string Folder => Path.GetDirectoryName(File)!;
}
