using System.Management.Automation;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Converts CRIU images, as files or in checkpoint archives, to objects.</summary>
/// <remarks>
/// <para>Each image becomes one object with its Type and Entries, which ConvertTo-CriuImage makes the same image of again, byte for
/// byte. The fields of an entry are called as CRIU's definitions and crit call them; numbers are numbers, enumerations their names,
/// bytes arrays of bytes. What follows an entry in the image (the content of pipes, socket queues, deleted files, semaphores and
/// messages) is its field 'extra'.</para>
/// <para>Nothing is lost: fields of a newer CRIU are kept as '_unknown', text that is not UTF-8 as its bytes, and an entry whose bytes
/// its fields alone would not give again carries them as '_raw', which counts as long as its other fields are not changed.</para>
/// <para>Memory pages, tars of tmpfs and firewall rules are no images of entries: wildcards and folders pass over them. At most 256 MiB
/// of 'extra' are converted of one image.</para>
/// </remarks>
/// <example>
/// <code>(ConvertFrom-CriuImage ./cp/web.tar -Member pstree.img).Entries</code>
/// <para>Shows the processes as CRIU wrote them down.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointArchive ./cp | ConvertFrom-CriuImage | ConvertTo-Json -Depth 20 | Set-Content ./images.json</code>
/// <para>Writes all images of all archives of a folder as JSON.</para>
/// </example>
/// <example>
/// <code>$files = ConvertFrom-CriuImage ./checkpoint/files.img; ($files.Entries | Where-Object { $_.reg.name -eq '/var/log/old.log' }).reg.name = '/var/log/new.log'; $files | ConvertTo-CriuImage ./checkpoint/files.img -Force</code>
/// <para>Gives an open file another name in an expanded checkpoint.</para>
/// </example>
[Cmdlet(VerbsData.ConvertFrom, "CriuImage", DefaultParameterSetName = PathSet)]
[OutputType(typeof(CriuImage))]
public sealed class ConvertFromCriuImageCommand : ArchiveCmdlet
{
    /// <summary>Paths of images, of archives, or of folders of either; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = PathSet)]
    [SupportsWildcards]
    [ArchivePathTransformation]
    public override string[]? Path { get; set; }

    /// <summary>Literal paths of images, of archives, or of folders of either; no wildcards.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = LiteralPathSet)]
    [Alias("PSPath", "FullName", "LP", "ArchivePath")]
    public override string[]? LiteralPath { get; set; }

    /// <summary>
    /// Which images of an archive, by their whole name or its last part, such as core-*.img; wildcards are allowed. Without it: all.
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
        var members = new CriuImagePatterns(Member);
        foreach (var member in images.Members.Where(members.IsMatch))
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
