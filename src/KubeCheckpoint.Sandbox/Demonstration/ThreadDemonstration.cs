using System.Management.Automation;
using System.Management.Automation.Runspaces;
using KubeCheckpoint.Sandbox.Cluster;

namespace KubeCheckpoint.Sandbox.Demonstration;

/// <summary>
/// The module's main job from end to end against a sandbox cluster, in the real PowerShell engine, as a transcript of what a user types and
/// sees.
/// </summary>
/// <param name="cluster">The cluster.</param>
/// <param name="modulePath">The folder of the built module.</param>
/// <param name="writer">Where the transcript goes.</param>
public sealed class ThreadDemonstration(SandboxCluster cluster, string modulePath, TextWriter writer)
{
    private const string Prompt = "PS> ";

    /// <summary>Runs the thread.</summary>
    /// <param name="folder">The folder the archives are saved to: the current location of the session.</param>
    /// <returns>True where each step did what it should: both containers came back on the other node and nothing is left behind.</returns>
    public bool Run(string folder)
    {
        writer.WriteLine($"""
            This is KubeCheckpoint against a sandbox: an emulator of a Kubernetes cluster in this process
            (API server {cluster.ApiServer.Authority}, three kubelets, registry {cluster.RegistryAddress}).
            No container runs in it; the archives it hands out are real ones, made by CRI-O and containerd.

            """);
        using var runspace = OpenRunspace(folder);
        Type(runspace, "Get-Pod -Namespace shop");
        Type(
            runspace,
            $"""
            Get-Pod web* -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp |
                New-RestoreImage -Repository {cluster.RegistryAddress}/restore | Restore-Pod -NodeName node2
            """);
        Type(runspace, "Get-CheckpointArchive ./cp");
        Type(runspace, "Get-Pod -Namespace shop");
        Type(runspace, "Get-Pod done | Invoke-ContainerCheckpoint    # an ended pod: an error with its cure, and the pipeline would go on");
        return Conclude();
    }

    private bool Conclude()
    {
        var restored = cluster.RestoredContainers.Count(container => container.NodeName == "node2");
        var helpers = cluster.HelperPods.Count;
        writer.WriteLine($"{restored} containers go on from their checkpoints on node2; {helpers} helper pods are left.");
        return restored == 2 && helpers == 0;
    }

    private Runspace OpenRunspace(string folder)
    {
        var runspace = RunspaceFactory.CreateRunspace(new TranscriptHost(writer), InitialSessionState.CreateDefault2());
        runspace.Open();
        using var shell = PowerShell.Create(runspace);
        shell.AddScript("""
            $PSStyle.OutputRendering = 'PlainText'
            $ExecutionContext.SessionState.Path.SetLocation($args[0]) | Out-Null
            Import-Module $args[1] -ErrorAction Stop
            $env:KUBECONFIG = $args[2]
            """);
        shell.AddArgument(folder).AddArgument(modulePath).AddArgument(cluster.KubeConfigPath);
        shell.Invoke();
        return runspace;
    }

    private void Type(Runspace runspace, string line)
    {
        writer.WriteLine(Prompt + line.ReplaceLineEndings(Environment.NewLine + ">> "));
        using var shell = PowerShell.Create(runspace);
        shell.AddScript(line);
        shell.Commands.Commands[0].MergeMyResults(PipelineResultTypes.Error, PipelineResultTypes.Output);
        shell.AddCommand("Out-Default");
        shell.Invoke();
        writer.WriteLine();
    }
}
