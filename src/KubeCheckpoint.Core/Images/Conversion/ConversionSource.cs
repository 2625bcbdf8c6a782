using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.Contents;

namespace KubeCheckpoint.Images.Conversion;

/// <summary>An archive that is converted for another runtime.</summary>
internal sealed class ConversionSource : IDisposable
{
    private readonly CheckpointContent _content;

    private ConversionSource(CheckpointContent content, ConversionRequest request)
    {
        _content = content;
        Request = request;
        Images = new CheckpointImages(content);
        Spec = EditableJson.Read(content, "spec.dump");
        Config = EditableJson.Read(content, "config.dump");
        Status = EditableJson.Find(content, "status.dump");
        Base = BaseImage.Of(this);
    }

    public ConversionRequest Request { get; }

    public CheckpointEngine Engine => Request.Archive.RequireEngine();

    public CheckpointEngine Target => Request.Target;

    public string Path => _content.Path;

    public CheckpointContent Content => _content;

    public CheckpointImages Images { get; }

    /// <summary>spec.dump, unchanged; the changed one is written by the last step.</summary>
    public EditableJson Spec { get; }

    /// <summary>config.dump.</summary>
    public EditableJson Config { get; }

    /// <summary>containerd's status.dump, or null.</summary>
    public EditableJson? Status { get; }

    /// <summary>The image that the container ran, by names that the target can find.</summary>
    public BaseImage Base { get; }

    /// <summary>Opens an archive.</summary>
    /// <exception cref="KubeCheckpointException">
    /// ArchiveMemberMissing, ArchiveMemberTooLarge, ArchiveMemberInvalid, and the failures of opening and indexing an archive.
    /// </exception>
    public static ConversionSource Open(ConversionRequest request, CancellationToken cancellationToken)
    {
        var content = CheckpointContent.Open(request.Archive.Path, cancellationToken);
        try
        {
            return new ConversionSource(content, request);
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }

    public void Dispose() => _content.Dispose();
}
