using System.Management.Automation;

namespace KubeCheckpoint.Parameters;

/// <summary>Takes hexadecimal digits where bytes are wanted: 'de ad be ef', '0xdeadbeef', 'DE-AD-BE-EF', '\xde\xad'.</summary>
internal sealed class HexBytesTransformationAttribute : ArgumentTransformationAttribute
{
    private static readonly string[] Between = [@"\x", "0x", "0X", "-", ":", ",", " ", "\t", "\r", "\n"];

    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        var value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return value is string text ? Parse(text) : inputData;
    }

    private static byte[] Parse(string text)
    {
        var digits = Between.Aggregate(text, (rest, sign) => rest.Replace(sign, string.Empty, StringComparison.Ordinal));
        try
        {
            return Convert.FromHexString(digits);
        }
        catch (FormatException exception)
        {
            throw new ArgumentTransformationMetadataException($"'{text}' is no sequence of bytes: two hexadecimal digits make one.", exception);
        }
    }
}
