using System.Globalization;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Kubelet;
using KubeCheckpoint.Sandbox.State;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.Controllers;

/// <summary>
/// Creates the pod of a Job, notes its end, and deletes the Job when its ttlSecondsAfterFinished is over. A Job has one pod at a time; one that
/// fails is replaced as often as backoffLimit allows.
/// </summary>
internal sealed class JobController(ClusterState state, PodLifecycle lifecycle)
{
    private const string Resource = "jobs";

    /// <summary>Runs until the sandbox stops.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using var watch = state.Store.Watch(0)!;
        await foreach (var change in watch.Changes.ReadAllAsync(stopping))
        {
            if (change.Object.Resource is not (Resource or PodLifecycle.Resource))
                continue;
            foreach (var stored in state.Store.List(Resource, change.Object.Namespace).Objects)
                Sync(stored.Parse());
        }
    }

    private void Sync(JsonObject job)
    {
        if (job.Items("status", "conditions").Any() || job.Flag("spec", "suspend"))
            return;
        var uid = job.Text("metadata", "uid");
        List<JsonObject> pods =
        [
            .. state.Store.List(PodLifecycle.Resource, job.Text("metadata", "namespace")).Objects.Select(stored => stored.Parse())
                .Where(pod => pod.Items("metadata", "ownerReferences").Any(owner => owner.Flag("controller") && owner.Text("uid") == uid)),
        ];
        var failed = pods.Count(pod => pod.Text("status", "phase") == "Failed");
        var limit = int.TryParse(job.Text("spec", "backoffLimit"), CultureInfo.InvariantCulture, out var number) ? number : 6;
        if (pods.Any(pod => pod.Text("status", "phase") == "Succeeded"))
            Finish(job, "Complete", "CompletionsReached", "Reached expected number of succeeded pods");
        else if (failed > limit)
            Finish(job, "Failed", "BackoffLimitExceeded", "Job has reached the specified backoff limit");
        else if (pods.Count == failed)
            Make(job);
    }

    private void Make(JsonObject job)
    {
        var name = job.Text("metadata", "name");
        var pod = job.At("spec", "template")!.DeepClone().AsObject();
        var metadata = pod.Child("metadata");
        metadata["name"] = $"{name}-{PodDefaults.RandomSuffix()}";
        metadata["generateName"] = name + "-";
        foreach (var prefix in (string[])["", "batch.kubernetes.io/"])
        {
            metadata.Child("labels")[prefix + "job-name"] = name;
            metadata.Child("labels")[prefix + "controller-uid"] = job.Text("metadata", "uid");
        }
        metadata["ownerReferences"] = new JsonArray(new JsonObject
        {
            ["apiVersion"] = "batch/v1",
            ["kind"] = "Job",
            ["name"] = name,
            ["uid"] = job.Text("metadata", "uid"),
            ["controller"] = true,
            ["blockOwnerDeletion"] = true,
        });
        PodDefaults.Apply(pod, job.Text("metadata", "namespace"), "kube-controller-manager");
        if (state.Store.Create(PodLifecycle.Resource, pod) is { } stored)
            lifecycle.Begin(stored.Parse());
    }

    private void Finish(JsonObject job, string type, string reason, string message)
    {
        var ns = job.Text("metadata", "namespace");
        var name = job.Text("metadata", "name");
        state.Store.Update(Resource, ns, name, stored => stored["status"] = new JsonObject
        {
            [type == "Complete" ? "succeeded" : "failed"] = 1,
            ["conditions"] = new JsonArray(new JsonObject
            {
                ["type"] = type,
                ["status"] = "True",
                ["reason"] = reason,
                ["message"] = message,
                ["lastTransitionTime"] = JsonText.Time(DateTimeOffset.UtcNow),
            }),
        });
        if (!int.TryParse(job.Text("spec", "ttlSecondsAfterFinished"), CultureInfo.InvariantCulture, out var seconds))
            return;
        state.Run(async stopping =>
        {
            await Task.Delay(TimeSpan.FromSeconds(seconds), stopping);
            if (state.Store.Get(Resource, ns, name)?.Parse().Text("metadata", "uid") == job.Text("metadata", "uid"))
                state.Store.Delete(Resource, ns, name);
        });
    }
}
