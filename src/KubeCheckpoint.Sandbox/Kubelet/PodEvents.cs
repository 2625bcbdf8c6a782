using System.Globalization;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.State;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.Kubelet;

/// <summary>The kubelet's events about one container.</summary>
internal sealed class PodEvents(EventRecorder recorder, JsonObject pod, string node, JsonObject container)
{
    private readonly string _image = container.Text("image");

    public void Pulling() => Normal("Pulling", $"Pulling image \"{_image}\"");

    public void AlreadyPresent() => Normal("Pulled", $"Container image \"{_image}\" already present on machine and can be accessed by the pod");

    public void Pulled(TimeSpan duration, long size)
    {
        var took = duration.TotalSeconds >= 1
            ? string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0.###}s")
            : string.Create(CultureInfo.InvariantCulture, $"{(long)duration.TotalMilliseconds}ms");
        Normal("Pulled", $"Successfully pulled image \"{_image}\" in {took} ({took} including waiting). Image size: {size} bytes.");
    }

    public void PullFailed(string message)
    {
        Warning("Failed", $"Failed to pull image \"{_image}\": {message}");
        Warning("Failed", "Error: ErrImagePull");
    }

    public void BackOff()
    {
        Normal("BackOff", $"Back-off pulling image \"{_image}\"");
        Warning("Failed", "Error: ImagePullBackOff");
    }

    public void InvalidName(string message)
    {
        Warning("InspectFailed", message);
        Warning("Failed", "Error: InvalidImageName");
    }

    public void StatusUnknown() => recorder.Record(pod, "kubelet", node, "Warning", "FailedSync", "error determining status: status.Image is not set");

    public void NoPullSecret(string names) => recorder.Record(
        pod,
        "kubelet",
        node,
        "Warning",
        "FailedToRetrieveImagePullSecret",
        $"Unable to retrieve some image pull secrets ({names}); attempting to pull the image may not succeed.");

    public void NeverPulled(string message)
    {
        Warning("ErrImageNeverPull", message);
        Warning("Failed", "Error: ErrImageNeverPull");
    }

    public void Created() => Normal("Created", "Container created");

    public void Started() => Normal("Started", "Container started");

    public void Failed(string message) => Warning("Failed", "Error: " + message);

    private void Normal(string reason, string message) => Record("Normal", reason, message);

    private void Warning(string reason, string message) => Record("Warning", reason, message);

    private void Record(string type, string reason, string message) =>
        recorder.Record(pod, "kubelet", node, type, reason, message, container.Text("name"));
}
