using System.Management.Automation;

namespace KubeCheckpoint.Parameters;

/// <summary>Takes an address as it is typed: PowerShell reads 0xfffc0000 and 0xffffffffff600000 as negative numbers.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class AddressTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
        {
            int number and < 0 => (ulong)(uint)number,
            long number and < 0 => (ulong)number,
            _ => inputData,
        };
}
