using KubeCheckpoint.Cluster.Credentials;
using KubeCheckpoint.Cluster.KubeConfigs;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Cluster.Credentials;

public sealed class PluginCommandTests : IDisposable
{
    private readonly PluginScript _script = new("exit 0", "corp-login");

    public void Dispose() => _script.Dispose();

    [UnixFact]
    public void Finds_a_command_with_a_folder_beside_the_kubeconfig()
    {
        Assert.Equal(_script.PathOf("corp-login"), Find("./corp-login"));
        Assert.Equal(_script.PathOf("corp-login"), Find($"../{Path.GetFileName(_script.Folder)}/corp-login"));
        Assert.Equal(_script.PathOf("corp-login"), Find(_script.PathOf("corp-login")));
    }

    [UnixFact]
    public void Finds_a_command_without_a_folder_in_the_path_only()
    {
        Assert.Equal("/bin/sh", Find("sh").Replace("/usr/bin/", "/bin/", StringComparison.Ordinal));
        var failure = Fails("corp-login");
        Assert.Equal("The credential plugin 'corp-login' of the kubeconfig is not installed: it is in no folder of PATH.", failure.Message);
    }

    [UnixFact]
    public void Names_a_missing_file_and_the_hint_for_its_installation()
    {
        var failure = Fails("./no-such-tool", hint: "get it from example.invalid");
        Assert.Contains(_script.PathOf("no-such-tool"), failure.Message, StringComparison.Ordinal);
        Assert.Equal("get it from example.invalid", failure.RecommendedAction);
        Assert.Equal(FailureCategory.AuthenticationError, failure.Category);
    }

    [UnixFact]
    public void Names_a_file_that_is_not_executable()
    {
        File.WriteAllText(_script.PathOf("data"), "");
        Assert.Contains("is not executable", Fails("./data").Message, StringComparison.Ordinal);
        Assert.Contains("there is no file", Fails($"../{Path.GetFileName(_script.Folder)}").Message, StringComparison.Ordinal);
    }

    private string Find(string command) => PluginCommand.Find(Config(command));

    private KubeCheckpointException Fails(string command, string? hint = null)
    {
        var failure = Assert.Throws<KubeCheckpointException>(() => PluginCommand.Find(Config(command) with { InstallHint = hint }));
        Assert.Equal("CredentialPluginNotFound", failure.ErrorId);
        return failure;
    }

    private ExecPluginConfig Config(string command) => new(_script.Folder, command, PluginScript.V1);
}
