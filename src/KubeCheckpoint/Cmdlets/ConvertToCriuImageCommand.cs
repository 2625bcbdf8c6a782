using System.Management.Automation;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Criu.Documents;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;
using IOPath = System.IO.Path;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Converts objects or JSON to CRIU images.</summary>
/// <remarks>
/// <para>An object that has not changed since ConvertFrom-CriuImage becomes the same image, byte for byte. You can change fields, add them,
/// or set them to $null. Numbers may be text, also hexadecimal with 0x; enumerations may be names or numbers; bytes may be arrays or
/// base64. If a field does not exist in the image type, or a value does not fit, the error names the entry and the field, and nothing is
/// written.</para>
/// <para>The cmdlet also accepts hashtables and objects with Type and Entries, the same from ConvertFrom-Json, and the JSON of 'crit
/// decode'.</para>
/// <note>The file gets its name when it is complete. Only its owner can read it (mode 0600).</note>
/// </remarks>
/// <example>
/// <code>
/// $core = ConvertFrom-CriuImage ./checkpoint/core-1.img
/// $core.Entries[0].tc.comm = 'web'
/// $core | ConvertTo-CriuImage ./checkpoint/core-1.img -Force
/// </code>
/// <para>Renames a process in an expanded checkpoint.</para>
/// </example>
/// <example>
/// <code>Get-Content ./images.json | ConvertFrom-Json | ConvertTo-CriuImage -Destination ./images</code>
/// <para>Turns JSON back into images in an existing folder, each under its original name.</para>
/// </example>
/// <example>
/// <code>@{ Type = 'PSTREE'; Entries = @{ pid = 1; ppid = 0; pgid = 1; sid = 1; threads = 1 } } | ConvertTo-CriuImage ./pstree.img</code>
/// <para>Builds an image from a hashtable.</para>
/// </example>
/// <seealso cref="ExpandCheckpointArchiveCommand"/>
[Cmdlet(VerbsData.ConvertTo, "CriuImage", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low,
    HelpUri = HelpPages.Root + "ConvertTo-CriuImage.md")]
[OutputType(typeof(CriuImageFile))]
public sealed class ConvertToCriuImageCommand : AsyncCmdlet
{
    // How many entries are taken over between two looks at whether the pipeline is stopped.
    private const int Stride = 1024;

    /// <summary>The images: the output of ConvertFrom-CriuImage, or any objects with Type and Entries.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    public PSObject InputObject { get; set; } = null!;

    /// <summary>The file to write, or an existing folder, where each image is written under its original name.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string Destination { get; set; } = null!;

    /// <summary>Overwrites existing files.</summary>
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
