using System.Management.Automation;
using System.Net;

namespace KubeCheckpoint.Parameters;

/// <summary>Takes a plain string where a SecureString is wanted: tokens mostly come out of files and commands as strings.</summary>
internal sealed class SecureStringTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        var value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return value is string text ? new NetworkCredential(string.Empty, text).SecurePassword : value;
    }
}
