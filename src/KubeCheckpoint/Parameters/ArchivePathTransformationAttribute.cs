using System.Management.Automation;

namespace KubeCheckpoint.Parameters;

/// <summary>
/// Takes the archive of an object that comes out of one, such as a process or a socket. PowerShell would else bind the object's
/// text to -Path before it looks for properties of the name of other parameters.
/// </summary>
internal sealed class ArchivePathTransformationAttribute : ArgumentTransformationAttribute
{
    private const string ArchivePath = "ArchivePath";

    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) =>
        inputData is not null && PSObject.AsPSObject(inputData).Properties[ArchivePath]?.Value is string { Length: > 0 } path
            ? WildcardPattern.Escape(path)
            : inputData;
}
