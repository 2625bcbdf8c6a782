using Xunit.Abstractions;
using Xunit.Sdk;

namespace KubeCheckpoint.PowerShell.Tests;

/// <summary>Creates a test case for each test that Pester finds, or a failing one if it finds none.</summary>
/// <param name="sink">The sink for xUnit's messages.</param>
internal sealed class PesterDiscoverer(IMessageSink sink) : IXunitTestCaseDiscoverer
{
    /// <inheritdoc/>
    public IEnumerable<IXunitTestCase> Discover(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute)
    {
        try
        {
            var tests = PesterProcess.Discover();
            return tests.Count > 0
                ? tests.Select(test => new PesterTestCase(sink, testMethod, test))
                : [Failure("Pester found no tests.")];
        }
        catch (Exception exception) when (exception is InvalidOperationException or TimeoutException)
        {
            return [Failure(exception.Message)];
        }

        ExecutionErrorTestCase Failure(string message) => new(sink, TestMethodDisplay.Method, TestMethodDisplayOptions.None, testMethod, message);
    }
}
