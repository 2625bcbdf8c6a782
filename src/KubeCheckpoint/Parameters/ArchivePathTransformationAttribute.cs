using System.Management.Automation;

namespace KubeCheckpoint.Parameters;

/// <summary>
/// Takes the archive of an object that comes out of one, such as a process or a socket. PowerShell would else bind the object's
/// text to -Path before it looks for properties of the name of other parameters.
/// </summary>
internal sealed class ArchivePathTransformationAttribute : ArgumentTransformationAttribute
{
    private static readonly string[] Names = ["ArchivePath", "PSPath", "FullName"];

    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) =>
        inputData is null || PSObject.AsPSObject(inputData) is not { BaseObject: not string } item || PathOf(item) is not { } path
            ? inputData
            : WildcardPattern.Escape(path);

    private static string? PathOf(PSObject item) => Names.Select(name => item.Properties[name]?.Value).OfType<string>().FirstOrDefault(path => path.Length > 0);
}
