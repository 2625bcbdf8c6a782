namespace KubeCheckpoint.Sandbox.Kubelet;

/// <summary>The runtimes' messages for an image that they cannot pull. "Unknown" is from the transcripts; the others follow its form.</summary>
internal static class PullFailureText
{
    public static string Unknown(ImageName name, string image, SandboxRuntime runtime)
    {
        var reading = $"reading manifest {name.Reference} in {name.Host}/{name.Repository}: manifest unknown";
        return runtime == SandboxRuntime.CriO
            ? CriO(image, reading)
            : $"rpc error: code = NotFound desc = failed to pull and unpack image \"{image}\": failed to resolve image: {image}: not found";
    }

    public static string Unreachable(ImageName name, string image, SandboxRuntime runtime, HttpRequestException exception)
    {
        var cause = exception.StatusCode is { } status ? $"unexpected status {(int)status}" : $"dial tcp {name.Host}: connect: connection refused";
        return runtime == SandboxRuntime.CriO
            ? CriO(image, $"pinging container registry {name.Host}: Get \"http://{name.Host}/v2/\": {cause}")
            : $"rpc error: code = Unknown desc = failed to pull and unpack image \"{image}\": failed to resolve image: failed to do request: "
                + $"Head \"http://{name.Host}/v2/{name.Repository}/manifests/{name.Reference}\": {cause}";
    }

    public static string Unauthorized(ImageName name, string image, SandboxRuntime runtime) => runtime == SandboxRuntime.CriO
        ? CriO(image, $"reading manifest {name.Reference} in {name.Host}/{name.Repository}: unauthorized: authentication required")
        : $"rpc error: code = Unknown desc = failed to pull and unpack image \"{image}\": failed to resolve image: pull access denied, repository does not "
            + "exist or may require authorization: authorization failed: no basic auth credentials";

    private static string CriO(string image, string cause) =>
        $"unable to pull image or OCI artifact: pull image err: initializing source docker://{image}: {cause}; "
        + $"artifact err: image reference: get manifest from ref: create image source: {cause}";
}
