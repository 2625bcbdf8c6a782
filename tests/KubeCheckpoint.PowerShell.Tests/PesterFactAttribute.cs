using Xunit.Sdk;

namespace KubeCheckpoint.PowerShell.Tests;

/// <summary>A method that is called for each test that Pester finds, with its file, position and name.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("KubeCheckpoint.PowerShell.Tests.PesterDiscoverer", "KubeCheckpoint.PowerShell.Tests")]
internal sealed class PesterFactAttribute : FactAttribute;
