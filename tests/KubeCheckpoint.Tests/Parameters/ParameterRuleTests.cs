using KubeCheckpoint.Tests.Engine;

namespace KubeCheckpoint.Tests.Parameters;

/// <summary>No parameter that a user gives is ignored silently.</summary>
public sealed class ParameterRuleTests : IDisposable
{
    private static readonly string[] BindingErrors = ["AmbiguousParameterSet", "PositionalParameterNotFound"];

    private readonly ModuleSession _session = new();

    public void Dispose() => _session.Dispose();

    [Theory]
    [InlineData("Test-CheckpointArchive x.tar -NoHelper", "-NoHelper has no effect without -NodeName.")]
    [InlineData("Test-CheckpointArchive x.tar -NodeName a -NoHelper -HelperImage b", "-HelperImage has no effect with -NoHelper.")]
    [InlineData("Test-CheckpointSupport -Repository r.local/a", "-Repository has no effect without -Deep.")]
    [InlineData("Test-CheckpointSupport -Deep -PlainHttp", "-PlainHttp has no effect without -Repository.")]
    [InlineData("New-RestoreImage x.tar -Destination ./image -MountFrom a", "-MountFrom has no effect with -Destination.")]
    [InlineData("Get-RestoreImage -Path ./images -PlainHttp", "-PlainHttp has no effect with -Path.")]
    [InlineData("Test-RestoreImage r.local/a -TargetRuntime CriO", "-TargetRuntime has no effect without -Quiet.")]
    [InlineData("Restore-Pod x.tar -AsManifest -RemoveOnFailure", "-RemoveOnFailure has no effect with -AsManifest.")]
    [InlineData("Move-Pod web-1 -NodeName node2 -Repository r.local/a -CommandContainer app", "-CommandContainer has no effect without -Command.")]
    [InlineData("Export-CheckpointMemory x.tar -AsHex -Force", "-Force has no effect with -AsHex.")]
    public void Parameters_without_effect_are_refused(string script, string message)
    {
        var error = _session.Run(script).Error;

        Assert.StartsWith("ParameterWithoutEffect,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(message, error.ErrorDetails.Message);
    }

    // PowerShell prompts for a missing -KubeletUri, which the tests' host cannot do.
    [Theory]
    [InlineData("Get-Pod -Certificate ./nosuch.crt")]
    [InlineData("Get-Pod -SkipCertificateCheck")]
    [InlineData("Invoke-ContainerCheckpoint web-1 -Token secret")]
    public void Kubelet_parameters_need_a_kubelet(string script) => Assert.Equal("System.NotSupportedException", _session.Run(script).ErrorId);

    [Theory]
    [InlineData("Get-Pod -Namespace shop -AllNamespaces")]
    [InlineData("Get-Pod -KubeletUri https://node1:10250 -Context other")]
    [InlineData("Grant-CheckpointAccess alice -Namespace shop -AllNamespaces")]
    [InlineData("Search-CheckpointMemory a x.tar -Bytes ff")]
    public void Parameters_that_exclude_each_other_are_refused(string script) =>
        Assert.Contains(_session.Run(script).ErrorId, BindingErrors);

    // $PSDefaultParameterValues may set parameters for many cmdlets.
    [Fact]
    public void A_default_parameter_value_without_effect_is_accepted() =>
        Assert.NotEmpty(_session.Run("$PSDefaultParameterValues['*:HelperImage'] = 'busybox'; Test-CheckpointArchive $args[0]", Fixture.Zoo).Objects);

    [Fact]
    public void A_switch_set_to_false_does_not_count() =>
        Assert.NotEmpty(_session.Run("Test-CheckpointArchive $args[0] -NoHelper:$false", Fixture.Zoo).Objects);
}
