namespace KubeCheckpoint.Architecture.Tests;

/// <summary>A namespace, which is a folder, and what is in it.</summary>
internal sealed record Layer(string Namespace, string Purpose);

/// <summary>
/// The map of the code, from the bottom up: a namespace uses only namespaces listed before it. Read it once as a newcomer. Add a new
/// namespace where its dependencies allow.
/// </summary>
internal static class CodeMap
{
    private static readonly Layer[] Model =
    [
        new("KubeCheckpoint.Json", "Parses JSON from outside; fields of objects that can be missing."),
        new("KubeCheckpoint", "The objects users hold, and the exception."),
    ];

    private static readonly Layer[] Criu =
    [
        new("KubeCheckpoint.Budgets", "What reading an archive may cost: memory, work, output."),
        new("KubeCheckpoint.Criu.Files", "Names of modes and flags."),
        new("KubeCheckpoint.Criu.Mounts", "Names of file systems and mount flags."),
        new("KubeCheckpoint.Criu.Sockets", "Names of socket states and families, addresses."),
        new("KubeCheckpoint.Criu", "What all image types share."),
        new("KubeCheckpoint.Criu.Logs", "CRIU's log: lines, causes, remedies."),
        new("KubeCheckpoint.Criu.Images", "Image files: framing, magic numbers, typed messages."),
        new("KubeCheckpoint.Criu.Memory", "Process memory as an address space over page images."),
        new("KubeCheckpoint.Criu.Documents", "Any image as a document, and back byte for byte."),
    ];

    private static readonly Layer[] Archives =
    [
        new("KubeCheckpoint.Archives", "What all of it shares: failures, limits, members, ranges of memory."),
        new("KubeCheckpoint.Archives.Owners", "The process that made a file or an object, and whether it still runs."),
        new("KubeCheckpoint.Archives.IO", "Byte sources, decompression, files that are written completely or not at all."),
        new("KubeCheckpoint.Archives.Tar", "Reads and writes tar headers and blocks."),
        new("KubeCheckpoint.Archives.Contents", "An open archive: its images and memory, read on demand."),
        new("KubeCheckpoint.Archives.Volumes", "The content of volumes, kept beside an archive."),
        new("KubeCheckpoint.Archives.Summaries", "The summary of an archive."),
        new("KubeCheckpoint.Archives.Expansion", "Writes members as files, safely."),
        new("KubeCheckpoint.Archives.FileChanges", "Files the container changed."),
        new("KubeCheckpoint.Archives.Logs", "The container's log and CRIU's."),
        new("KubeCheckpoint.Archives.Statistics", "Freeze times and page counts."),
        new("KubeCheckpoint.Archives.Processes", "Processes."),
        new("KubeCheckpoint.Archives.Descriptors", "Descriptors of processes."),
        new("KubeCheckpoint.Archives.Sockets", "Sockets."),
        new("KubeCheckpoint.Archives.OpenFiles", "Open files."),
        new("KubeCheckpoint.Archives.Mounts", "Mounts."),
        new("KubeCheckpoint.Archives.MemoryMaps", "Memory maps."),
        new("KubeCheckpoint.Archives.CoreDumps", "ELF core dumps."),
        new("KubeCheckpoint.Archives.Exports", "Memory and core dumps as files."),
        new("KubeCheckpoint.Archives.Search", "Searches memory."),
        new("KubeCheckpoint.Archives.Comparison", "Compares two archives."),
        new("KubeCheckpoint.Archives.Replacements", "Files that engines list as deleted although the container has them."),
        new("KubeCheckpoint.Archives.Checks", "Tests whether an archive is complete and consistent."),
        new("KubeCheckpoint.Archives.Requirements", "What a restore needs of a node."),
    ];

    private static readonly Layer[] Images =
    [
        new("KubeCheckpoint.Http", "Sends requests: origins of secrets, limits of time and size, repetition, values of headers."),
        new("KubeCheckpoint.Images.Oci", "OCI vocabulary: digests, references, documents, hashing streams."),
        new("KubeCheckpoint.Images.Layers", "An archive as a layer."),
        new("KubeCheckpoint.Images.Conversion", "What another runtime needs beside the archive."),
        new("KubeCheckpoint.Images.Content", "Config, manifest, annotations and labels of a restore image."),
        new("KubeCheckpoint.Images.Stores", "The interface of places that hold images, and the finder over it."),
        new("KubeCheckpoint.Images.Registry", "A registry: credentials, transport, push, pull."),
        new("KubeCheckpoint.Images.BaseImages", "The files of the image that a container ran, from its registry."),
        new("KubeCheckpoint.Images.Layout", "Layout folders and OCI archives, read and written."),
        new("KubeCheckpoint.Images.Checks", "The rules by which runtimes recognize an image."),
        new("KubeCheckpoint.Images", "Create, find, check, publish."),
    ];

    private static readonly Layer[] Cluster =
    [
        new("KubeCheckpoint.Cluster.KubeConfigs", "The kubeconfig, read and merged as kubectl does."),
        new("KubeCheckpoint.Cluster.Credentials", "What requests are authenticated with: tokens, client certificates, credential plugins."),
        new("KubeCheckpoint.Cluster.Sockets", "Connections in bytes: TCP, TLS and the check of certificates, proxies."),
        new("KubeCheckpoint.Cluster.Connections", "API servers and kubelets: requests, impersonation, refusals."),
        new("KubeCheckpoint.Cluster.Pods", "Finds, reads, lists and watches pods."),
        new("KubeCheckpoint.Cluster.Nodes", "Reads nodes."),
        new("KubeCheckpoint.Cluster.Objects", "Reads, creates, patches and deletes objects of any kind."),
        new("KubeCheckpoint.Cluster.Ownership", "Marks what the module creates in a cluster: what for, by whom, until when."),
        new("KubeCheckpoint.Cluster.Clients", "The two clients cmdlets connect with: an API server and a kubelet."),
        new("KubeCheckpoint.Cluster.Stages", "Measures the stages of a long operation."),
        new("KubeCheckpoint.Cluster.Transfer", "Copies archives from nodes through helper pods."),
        new("KubeCheckpoint.Cluster.Containers", "Runs scripts in containers, or for those without a shell from their nodes."),
        new("KubeCheckpoint.Cluster.Explanations", "Explains failures of CRIU by its log on the node."),
        new("KubeCheckpoint.Cluster.Volumes", "Copies the content of volumes from nodes, and puts it into restored pods."),
        new("KubeCheckpoint.Cluster.Access", "The RBAC rules each task needs, granted."),
        new("KubeCheckpoint.Cluster.Freezing", "Holds a pod still from its checkpoint until its copy runs."),
        new("KubeCheckpoint.Cluster.Checkpoints", "Requests checkpoints from kubelets and saves their archives."),
        new("KubeCheckpoint.Cluster.Restore.Files", "Compares the files of restored containers with their archives."),
        new("KubeCheckpoint.Cluster.Restore.Patches", "Patches pod manifests."),
        new("KubeCheckpoint.Cluster.Restore", "Restores pods from images: manifest, placement, base images, waiting."),
        new("KubeCheckpoint.Cluster.Probes", "Probes restored pods."),
        new("KubeCheckpoint.Cluster.Preflight.Checks", "The list of checks and the facts they compare."),
        new("KubeCheckpoint.Cluster.Preflight.Hosts", "A node's host: CRIU, runtime configuration, security modules."),
        new("KubeCheckpoint.Cluster.Preflight.Containers", "Looks into running containers for what stops a dump or a restore."),
        new("KubeCheckpoint.Cluster.Preflight.Proof", "Checkpoints and restores a pod made for it."),
        new("KubeCheckpoint.Cluster.Preflight", "Tests whether nodes can checkpoint and restore."),
        new("KubeCheckpoint.Cluster.Initialization", "Configures nodes for checkpoints and restores."),
        new("KubeCheckpoint.Cluster.Preflight.Restores", "Tests whether a checkpoint can be restored on a node."),
        new("KubeCheckpoint.Cluster.Moves", "Moves pods to other nodes."),
        new("KubeCheckpoint.Cluster.Drills", "Rehearses restores in a namespace made for it."),
        new("KubeCheckpoint.Cluster.Leftovers", "Finds and removes what dead processes have left in clusters and on this machine."),
    ];

    private static readonly Layer[] Module =
    [
        new("KubeCheckpoint.Loading", "Loads the engine into a context of its own."),
        new("KubeCheckpoint.Formatting", "Values as views show them."),
        new("KubeCheckpoint.Parameters", "What parameters accept, and how it is read."),
        new("KubeCheckpoint.Completion", "Completers."),
        new("KubeCheckpoint.Pipeline", "Base classes of cmdlets."),
        new("KubeCheckpoint.Cmdlets", "One cmdlet a file."),
    ];

    private static readonly Layer[] Sandbox =
    [
        new("KubeCheckpoint.Sandbox", "What a test says and sees: options, pods, faults, requests."),
        new("KubeCheckpoint.Sandbox.Utilities", "JSON as the API server writes it; files only their owner can read."),
        new("KubeCheckpoint.Sandbox.Identity", "Users, certificates, tokens, kubeconfig, RBAC rules."),
        new("KubeCheckpoint.Sandbox.Faults", "Faults, and how they are applied to a request."),
        new("KubeCheckpoint.Sandbox.Cgroups", "The cgroups of a node as files, and a process in the place of a container's."),
        new("KubeCheckpoint.Sandbox.State", "The cluster's objects and nodes."),
        new("KubeCheckpoint.Sandbox.Kubelet", "The kubelet: checkpoints, image pulls, restores, the life of pods."),
        new("KubeCheckpoint.Sandbox.Api", "The API server."),
        new("KubeCheckpoint.Sandbox.Registry", "The image registry."),
        new("KubeCheckpoint.Sandbox.Controllers", "The controllers of ReplicaSets and Jobs, the garbage collector, and programs that really run."),
        new("KubeCheckpoint.Sandbox.Hosting", "The listeners of all servers."),
        new("KubeCheckpoint.Sandbox.Cluster", "The cluster as a whole."),
        new("KubeCheckpoint.Sandbox.Shell", "The pinned PowerShell, at the cluster."),
    ];

    /// <summary>The module, then the sandbox, which does not use the module.</summary>
    public static IReadOnlyList<Layer> All { get; } = [.. Model, .. Criu, .. Archives, .. Images, .. Cluster, .. Module, .. Sandbox];

    public static IEnumerable<string> Above(string name) =>
        All.SkipWhile(layer => layer.Namespace != name).Skip(1).Select(layer => layer.Namespace);
}
