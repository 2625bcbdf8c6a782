using System.Text.Json;
using KubeCheckpoint.Cluster.Connections;

namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>How a command in a pod ended.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Errors">What it wrote to its standard error, as far as it was kept.</param>
internal sealed record ExecResult(int ExitCode, string Errors)
{
    /// <summary>Reads the <c>Status</c> that the status channel ends with.</summary>
    /// <exception cref="ExecBrokenException">The command could not be run, or its end is not known.</exception>
    public static ExecResult Parse(string status, string errors)
    {
        try
        {
            using var json = JsonDocument.Parse(status);
            var root = json.RootElement;
            if (root.Text("status") == "Success")
                return new(0, errors);
            var code = root.Items("details", "causes")
                .Where(cause => cause.Text("reason") == "ExitCode")
                .Select(cause => int.TryParse(cause.Text("message"), out var number) ? number : -1)
                .FirstOrDefault(-1);
            if (root.Text("reason") == "NonZeroExitCode" && code >= 0)
                return new(code, errors);
            throw new ExecBrokenException(root.Text("message") ?? "The command did not end properly.");
        }
        catch (JsonException exception)
        {
            throw new ExecBrokenException($"The command ended in a way that is not known: {status.Shorten(200)}", exception);
        }
    }
}
