namespace KubeCheckpoint.Images.Conversion;

/// <summary>Copies the container's log to the name that the target reads. All three runtimes write the same format.</summary>
internal static class ContainerLogs
{
    private static readonly string[] Names = ["io.kubernetes.cri-o.LogPath", "container.log", "ctr.log"];

    public static void Copy(ConversionSource source, string name, OverlayWriter overlay, CancellationToken cancellationToken)
    {
        if (source.Content.Find(name) is not null || Names.Select(source.Content.Find).FirstOrDefault(member => member is not null) is not { } log)
            return;
        using var data = source.Content.OpenMember(log);
        overlay.Copy(name, data, cancellationToken);
    }
}
