using k8s.Models;

namespace KubeCheckpoint.Cluster.Pods;

/// <summary>Reads the quantities of Kubernetes, such as <c>500m</c>, <c>64Mi</c> and <c>2</c>.</summary>
internal static class Quantity
{
    /// <summary>The number: cores for cpu, bytes for memory. Null for a text that is no quantity, and for one that is too large.</summary>
    public static decimal? Parse(string? text)
    {
        try
        {
            return text is null ? null : new ResourceQuantity(text).ToDecimal();
        }
        catch (Exception exception) when (exception is FormatException or OverflowException or ArgumentException)
        {
            return null;
        }
    }
}
