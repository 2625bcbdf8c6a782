using System.Management.Automation;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Converts CRIU images to objects.</summary>
/// <remarks>
/// <para>Reads images as files or straight from checkpoint archives. Each image becomes one object with its Type and its Entries;
/// ConvertTo-CriuImage turns the object back into the same image, byte for byte. Fields have the names that CRIU and crit give them.
/// Numbers are numbers, enumerations are names, and bytes are byte arrays. Data that follows an entry, such as the content of pipes and
/// socket queues, is in the entry's field 'extra'.</para>
/// <para>Nothing is lost. Fields of a newer CRIU are kept as '_unknown', text that is not UTF-8 is kept as bytes, and an entry that its
/// fields alone would not reproduce carries its bytes as '_raw' until you change one of its other fields.</para>
/// <para>A checkpoint folder is read like an archive: -Member names its images.</para>
/// <para>Wildcards and folders skip files that hold no entries: memory pages, tar archives of tmpfs and firewall rules. At most 256 MiB of
/// 'extra' data are converted for each image.</para>
/// </remarks>
/// <example>
/// <code>(ConvertFrom-CriuImage ./cp/web.tar -Member pstree.img).Entries</code>
/// <para>Shows the process tree as CRIU recorded it.</para>
/// </example>
/// <example>
/// <code>ConvertFrom-CriuImage ./cp/web.tar | ConvertTo-Json -Depth 20 | Set-Content ./images.json</code>
/// <para>Writes all images of an archive as JSON.</para>
/// </example>
/// <example>
/// <code>
/// $files = ConvertFrom-CriuImage ./checkpoint/files.img
/// ($files.Entries | Where-Object { $_.reg.name -eq '/var/log/old.log' }).reg.name = '/var/log/new.log'
/// $files | ConvertTo-CriuImage ./checkpoint/files.img -Force
/// </code>
/// <para>Renames an open file in an expanded checkpoint.</para>
/// </example>
/// <seealso cref="ExpandCheckpointArchiveCommand"/>
[Cmdlet(VerbsData.ConvertFrom, "CriuImage", DefaultParameterSetName = PathSet, HelpUri = HelpPages.Root + "ConvertFrom-CriuImage.md")]
[OutputType(typeof(CriuImage))]
public sealed class ConvertFromCriuImageCommand : ArchiveCmdlet
{
    /// <summary>Images, archives, checkpoint folders, or folders of images or archives. Wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = PathSet)]
    [SupportsWildcards]
    [ArchivePathTransformation]
    public override string[]? Path { get; set; }

    /// <summary>Literal paths of images, archives, or folders of either; no wildcards.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = LiteralPathSet)]
    [Alias("PSPath", "FullName", "LP", "ArchivePath")]
    public override string[]? LiteralPath { get; set; }

    /// <summary>
    /// The images to read from an archive, by full name or by its last part, such as core-*.img. Wildcards are allowed. Default: all
    /// images.
    /// </summary>
    [Parameter(Position = 1)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(CriuImageCompleter))]
    public string[]? Member { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var file in Files())
            Start(file, cancellationToken => ConvertAsync(file, cancellationToken));
    }

    private protected override bool IsWanted(string file) => base.IsWanted(file) || CriuImagePatterns.CanBeImage(file);

    private async Task ConvertAsync(string file, CancellationToken cancellationToken)
    {
        using var images = CriuImageFiles.Open(file, cancellationToken);
        if (!images.IsArchive)
        {
            await Output.WriteObjectAsync(Convert(images, null));
            return;
        }
        var members = new CriuImagePatterns(Member, images.ImageFolder);
        var found = images.Members.Where(members.IsMatch).ToList();
        if (found.Count == 0 && Member is null)
            throw images.WithoutImages();
        foreach (var member in found)
            await Output.AttemptAsync(file, () => Output.WriteObjectAsync(Convert(images, member)));
        foreach (var name in members.Missing)
            await Output.WriteErrorAsync(ArchiveFailure.MemberNotFound(file, name).ToErrorRecord(file));
    }

    private static CriuImage Convert(CriuImageFiles images, string? member)
    {
        using var document = images.Read(member);
        return new CriuImage
        {
            Path = document.Path,
            Member = document.Member,
            Type = document.Type,
            Family = document.Family,
            Entries = new CriuEntryCollection(document.Entries, CriuObjects.ToObject),
        };
    }
}
