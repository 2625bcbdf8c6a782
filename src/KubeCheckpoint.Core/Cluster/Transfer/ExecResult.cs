using System.Text.Json;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>The result of a command in a pod.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Errors">The beginning of its standard error.</param>
internal sealed record ExecResult(int ExitCode, string Errors)
{
    /// <summary>Reads the <c>Status</c> object that ends the status channel.</summary>
    /// <exception cref="ExecBrokenException">The command could not be run, or its result is unknown.</exception>
    public static ExecResult Parse(string status, string errors)
    {
        try
        {
            using var json = StrictJson.Parse(status);
            var root = json.RootElement;
            if (root.Text("status") == "Success")
                return new(0, errors);
            var code = root.Items("details", "causes")
                .Where(cause => cause.Text("reason") == "ExitCode")
                .Select(cause => int.TryParse(cause.Text("message"), out var number) ? number : -1)
                .FirstOrDefault(-1);
            if (root.Text("reason") == "NonZeroExitCode" && code >= 0)
                return new(code, errors);
            throw new ExecBrokenException(root.Text("message") ?? "The command ended without an exit code.");
        }
        catch (JsonException exception)
        {
            throw new ExecBrokenException($"The status of the command is not valid JSON: {status.Shorten(200)}", exception);
        }
    }
}
