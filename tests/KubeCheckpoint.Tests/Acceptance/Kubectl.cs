using System.Diagnostics;
using static KubeCheckpoint.Tests.Acceptance.AcceptanceSettings;

namespace KubeCheckpoint.Tests.Acceptance;

/// <summary>The cluster as kubectl sees it.</summary>
internal static class Kubectl
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>What kubectl prints; fails if it ends with an error.</summary>
    public static string Run(params string[] arguments)
    {
        var (code, output, error) = Execute(null, arguments);
        Assert.True(code == 0, $"kubectl {string.Join(' ', arguments)}: {error}");
        return output;
    }

    public static void Apply(string manifest, string? ns = null)
    {
        var (code, _, error) = Execute(manifest, "apply", "--namespace", ns ?? Namespace, "--validate=false", "-f", "-");
        Assert.True(code == 0, error);
    }

    /// <summary>Starts a pod with the label by which a test finds its pods, and waits until it is ready.</summary>
    public static void Start(string name, string id, string node, string containers, string volumes = "[]", string? ns = null)
    {
        Apply(
            $$"""
            {
              "apiVersion": "v1",
              "kind": "Pod",
              "metadata": { "name": "{{name}}", "labels": { "acceptance": "{{id}}" } },
              "spec": {
                "nodeName": "{{node}}",
                "terminationGracePeriodSeconds": 1,
                "automountServiceAccountToken": false,
                "containers": [ {{containers}} ],
                "volumes": {{volumes}}
              }
            }
            """,
            ns);
        Run("--namespace", ns ?? Namespace, "wait", "--for=condition=Ready", $"pod/{name}", "--timeout=180s");
    }

    /// <summary>Runs the program script of a pod's image; see tests/acceptance/program.</summary>
    public static string Program(string pod, params string[] arguments) => Run(["exec", pod, "--", "program", .. arguments]);

    /// <summary>Asks until the output is as expected.</summary>
    public static string Await(Func<string, bool> expected, params string[] arguments)
    {
        var waiting = Stopwatch.StartNew();
        while (true)
        {
            var (code, output, error) = Execute(null, arguments);
            if (code == 0 && expected(output))
                return output;
            Assert.True(waiting.Elapsed < Patience, $"kubectl {string.Join(' ', arguments)}: {output}{error}");
            Thread.Sleep(500);
        }
    }

    private static (int Code, string Output, string Error) Execute(string? input, params string[] arguments)
    {
        var start = new ProcessStartInfo("kubectl", ["--kubeconfig", KubeConfig!, "--namespace", Namespace, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output.Trim(), error.Result.Trim());
    }
}
