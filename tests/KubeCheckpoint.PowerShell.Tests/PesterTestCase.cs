using System.ComponentModel;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace KubeCheckpoint.PowerShell.Tests;

/// <summary>A test case of xUnit with the name of a Pester test.</summary>
internal sealed class PesterTestCase : XunitTestCase
{
    /// <summary>For deserialization.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    [Obsolete("Called by xUnit to deserialize.")]
    public PesterTestCase()
    {
    }

    /// <summary>Creates a test case.</summary>
    /// <param name="sink">The sink for xUnit's messages.</param>
    /// <param name="method">The method to call.</param>
    /// <param name="test">The Pester test.</param>
    public PesterTestCase(IMessageSink sink, ITestMethod method, PesterTest test)
        : base(sink, TestMethodDisplay.Method, TestMethodDisplayOptions.None, method, [test.File, test.Ordinal, test.Name])
    {
    }

    /// <inheritdoc/>
    protected override string GetDisplayName(IAttributeInfo factAttribute, string displayName) => $"{TestMethodArguments[0]}: {TestMethodArguments[2]}";
}
