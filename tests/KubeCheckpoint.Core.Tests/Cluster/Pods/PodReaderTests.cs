using System.Text.Json;
using KubeCheckpoint.Cluster.Pods;

namespace KubeCheckpoint.Core.Tests.Cluster.Pods;

public sealed class PodReaderTests
{
    [Theory]
    [InlineData("""{"status":{"phase":"Pending"}}""", "Pending")]
    [InlineData("""{"status":{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"SchedulingGated"}]}}""", "SchedulingGated")]
    [InlineData("""{"status":{"phase":"Failed","reason":"Evicted"}}""", "Evicted")]
    [InlineData("""{"status":{"phase":"Running","containerStatuses":[{"name":"a","ready":true,"state":{"running":{}}}]}}""", "Running")]
    [InlineData("""{"status":{"phase":"Running","containerStatuses":[{"name":"a","state":{"waiting":{"reason":"CrashLoopBackOff"}}}]}}""", "CrashLoopBackOff")]
    [InlineData("""{"status":{"phase":"Pending","containerStatuses":[{"name":"a","state":{"waiting":{"reason":"ImagePullBackOff"}}}]}}""", "ImagePullBackOff")]
    [InlineData("""{"status":{"phase":"Succeeded","containerStatuses":[{"name":"a","state":{"terminated":{"reason":"Completed","exitCode":0}}}]}}""", "Completed")]
    [InlineData("""{"status":{"phase":"Failed","containerStatuses":[{"name":"a","state":{"terminated":{"exitCode":3}}}]}}""", "ExitCode:3")]
    [InlineData("""{"status":{"phase":"Failed","containerStatuses":[{"name":"a","state":{"terminated":{"exitCode":137,"signal":9}}}]}}""", "Signal:9")]
    [InlineData("""{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"False"}],"containerStatuses":[{"name":"a","state":{"terminated":{"reason":"Completed","exitCode":0}}},{"name":"b","ready":true,"state":{"running":{}}}]}}""", "NotReady")]
    [InlineData("""{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}],"containerStatuses":[{"name":"a","state":{"terminated":{"reason":"Completed","exitCode":0}}},{"name":"b","ready":true,"state":{"running":{}}}]}}""", "Running")]
    [InlineData("""{"spec":{"initContainers":[{"name":"i"}]},"status":{"phase":"Pending","initContainerStatuses":[{"name":"i","state":{"running":{}}}]}}""", "Init:0/1")]
    [InlineData("""{"spec":{"initContainers":[{"name":"i"},{"name":"j"}]},"status":{"phase":"Pending","initContainerStatuses":[{"name":"i","state":{"terminated":{"exitCode":0,"reason":"Completed"}}},{"name":"j","state":{"waiting":{"reason":"PodInitializing"}}}]}}""", "Init:1/2")]
    [InlineData("""{"spec":{"initContainers":[{"name":"i"}]},"status":{"phase":"Pending","initContainerStatuses":[{"name":"i","state":{"terminated":{"exitCode":1,"reason":"Error"}}}]}}""", "Init:Error")]
    [InlineData("""{"spec":{"initContainers":[{"name":"i"}]},"status":{"phase":"Pending","initContainerStatuses":[{"name":"i","state":{"terminated":{"exitCode":1}}}]}}""", "Init:ExitCode:1")]
    [InlineData("""{"spec":{"initContainers":[{"name":"s","restartPolicy":"Always"}]},"status":{"phase":"Running","initContainerStatuses":[{"name":"s","started":true,"state":{"running":{}}}],"containerStatuses":[{"name":"a","ready":true,"state":{"running":{}}}]}}""", "Running")]
    [InlineData("""{"metadata":{"deletionTimestamp":"2026-11-23T06:00:00Z"},"status":{"phase":"Running"}}""", "Terminating")]
    [InlineData("""{"metadata":{"deletionTimestamp":"2026-11-23T06:00:00Z"},"status":{"phase":"Running","reason":"NodeLost"}}""", "Unknown")]
    [InlineData("""{"metadata":{"deletionTimestamp":"2026-11-23T06:00:00Z"},"status":{"phase":"Succeeded","containerStatuses":[{"name":"a","state":{"terminated":{"reason":"Completed","exitCode":0}}}]}}""", "Completed")]
    public void Status_is_the_column_of_kubectl(string pod, string status)
    {
        using var json = JsonDocument.Parse(pod);
        Assert.Equal(status, PodStatusColumn.Of(json.RootElement));
    }

    [Fact]
    public void Reads_a_pod_with_every_kind_of_container()
    {
        var pod = Read("""
            {"metadata":{"name":"web","namespace":"shop","uid":"u1","creationTimestamp":"2026-11-23T06:00:00Z","labels":{"app":"web"}},
             "spec":{"nodeName":"n1",
              "initContainers":[{"name":"init","image":"i"},{"name":"side","image":"s","restartPolicy":"Always"}],
              "containers":[{"name":"app","image":"a:1"}],
              "ephemeralContainers":[{"name":"debug","image":"d"}]},
             "status":{"phase":"Running","podIP":"10.0.0.1",
              "initContainerStatuses":[{"name":"init","state":{"terminated":{"exitCode":0,"reason":"Completed"}}},
                                       {"name":"side","started":true,"ready":true,"restartCount":1,"state":{"running":{}}}],
              "containerStatuses":[{"name":"app","ready":true,"restartCount":2,"imageID":"a@sha256:1","containerID":"cri-o://c1",
                                    "state":{"running":{"startedAt":"2026-11-23T06:00:05Z"}}}],
              "ephemeralContainerStatuses":[{"name":"debug","state":{"running":{}}}]}}
            """);

        Assert.Equal(("shop", "web", "u1", "n1", "Running", "10.0.0.1"), (pod.Namespace, pod.PodName, pod.PodUid, pod.NodeName, pod.Status, pod.PodIP));
        Assert.Equal(
            [ContainerKind.Init, ContainerKind.Sidecar, ContainerKind.Container, ContainerKind.Ephemeral],
            pod.Containers.Select(container => container.Kind));
        var app = pod.Containers[2];
        Assert.Equal((ContainerState.Running, "cri-o://c1", 2), (app.State, app.ContainerId, app.RestartCount));
        Assert.Equal(DateTimeOffset.Parse("2026-11-23T06:00:05Z", null), app.StartedAt);
        Assert.Equal((2, 2, 3), (pod.ReadyContainers, pod.TotalContainers, pod.RestartCount));
        Assert.Equal("web", pod.Labels["app"]);
    }

    [Fact]
    public void Manifest_keeps_fields_that_no_model_knows_and_gets_kind_and_api_version()
    {
        var pod = Read("""{"metadata":{"name":"web","namespace":"shop"},"spec":{"fieldOfTheFuture":{"a":1.50}}}""");

        using var manifest = JsonDocument.Parse(pod.Manifest.Json);
        Assert.Equal("Pod", manifest.RootElement.GetProperty("kind").GetString());
        Assert.Equal("v1", manifest.RootElement.GetProperty("apiVersion").GetString());
        Assert.Contains("""{"a":1.50}""", pod.Manifest.Json, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failed_container_keeps_the_runtimes_message()
    {
        var pod = Read("""
            {"metadata":{"name":"a","namespace":"b"},"spec":{"containers":[{"name":"c"}]},
             "status":{"phase":"Pending","containerStatuses":[{"name":"c","state":{"waiting":{"reason":"CreateContainerError","message":"no command specified"}}}]}}
            """);
        Assert.Equal(("CreateContainerError", "no command specified"), (pod.Containers[0].Reason, pod.Containers[0].Message));
        Assert.Equal(ContainerState.Waiting, pod.Containers[0].State);
    }

    private static Pod Read(string text)
    {
        using var json = JsonDocument.Parse(text);
        return PodReader.Read(json.RootElement);
    }
}
