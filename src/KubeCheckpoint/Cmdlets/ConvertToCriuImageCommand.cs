using System.Management.Automation;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Criu.Documents;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;
using IOPath = System.IO.Path;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Makes CRIU images of objects: of ConvertFrom-CriuImage, or of JSON.</summary>
/// <remarks>
/// <para>What was not changed since ConvertFrom-CriuImage becomes the same image, byte for byte. Fields can be changed, added and set
/// to $null; numbers may be given as text, 0x too, enumerations by name or number, bytes as an array or in base64. A field that the
/// type does not have, or a value that does not fit, is an error that names entry and field, and nothing is written.</para>
/// <para>Takes CriuImage objects, objects and hashtables with Type and Entries, what ConvertFrom-Json makes of their JSON, and the JSON
/// of 'crit decode'.</para>
/// <para>The file appears whole or not at all, readable by its owner only (0600).</para>
/// </remarks>
/// <example>
/// <code>$core = ConvertFrom-CriuImage ./checkpoint/core-1.img; $core.Entries[0].tc.comm = 'web'; $core | ConvertTo-CriuImage ./checkpoint/core-1.img -Force</code>
/// <para>Gives a process another name in an expanded checkpoint.</para>
/// </example>
/// <example>
/// <code>Get-Content ./images.json | ConvertFrom-Json | ConvertTo-CriuImage -Destination ./checkpoint/</code>
/// <para>Makes images of JSON again, each under the name it had.</para>
/// </example>
/// <example>
/// <code>@{ Type = 'PSTREE'; Entries = @{ pid = 1; ppid = 0; pgid = 1; sid = 1; threads = 1 } } | ConvertTo-CriuImage ./pstree.img</code>
/// <para>Makes an image by hand.</para>
/// </example>
[Cmdlet(VerbsData.ConvertTo, "CriuImage", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(CriuImageFile))]
public sealed class ConvertToCriuImageCommand : AsyncCmdlet
{
    // How many entries are taken over between two looks at whether the pipeline is stopped.
    private const int Stride = 1024;

    /// <summary>The images: of ConvertFrom-CriuImage, or any objects with Type and Entries.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    public PSObject InputObject { get; set; } = null!;

    /// <summary>
    /// The file to write; or a folder that is there, into which each image is written under the name it has in its archive or folder.
    /// </summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string Destination { get; set; } = null!;

    /// <summary>Replaces a file that exists.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(InputObject, () =>
    {
        var image = CriuImageInput.From(InputObject);
        var path = PathFor(image);
        if (ShouldProcess($"{image.Type} image with {image.Entries.Count} entries to '{path}'", "Write"))
            Write(image, path);
    });

    private void Write(CriuImageInput image, string path)
    {
        var entries = new List<CriuObject>(image.Entries.Count);
        foreach (var entry in image.Entries)
        {
            if (entries.Count % Stride == 0 && Stopping)
                return;
            entries.Add(CriuObjects.FromObject(image.Type, entry, entries.Count));
        }
        var overwrite = Force.IsPresent;
        Start(InputObject, async cancellationToken =>
            await Output.WriteObjectAsync(CriuImageFiles.Write(path, overwrite, image.Type, image.Family, entries, cancellationToken)));
    }

    private string PathFor(CriuImageInput image)
    {
        var path = SessionState.Path.GetUnresolvedProviderPathFromPSPath(Destination, out var provider, out _);
        if (provider.Name != "FileSystem")
            throw ParameterFailure.PathNotInFileSystem(Destination);
        if (!Directory.Exists(path) && !IOPath.EndsInDirectorySeparator(Destination))
            return path;
        return IOPath.Combine(path, image.FileName ?? throw ParameterFailure.ImageFileNameMissing(Destination, InputObject.BaseObject));
    }
}
