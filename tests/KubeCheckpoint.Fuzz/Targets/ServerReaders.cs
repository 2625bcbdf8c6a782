using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using KubeCheckpoint.Cluster.Checkpoints;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Credentials;
using KubeCheckpoint.Cluster.Explanations;
using KubeCheckpoint.Cluster.KubeConfigs;
using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Preflight;
using KubeCheckpoint.Cluster.Preflight.Checks;
using KubeCheckpoint.Cluster.Preflight.Hosts;
using KubeCheckpoint.Cluster.Restore;
using KubeCheckpoint.Cluster.Restore.Patches;
using KubeCheckpoint.Cluster.Sockets;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Fuzz.Targets;

/// <summary>Readers of what API servers, kubelets, proxies, nodes, plugins and users' files say.</summary>
internal static class ServerReaders
{
    private const int LongestPattern = 8 * 1024;

    private static readonly Uri Server = new("https://server.example:6443");

    private static readonly CheckpointTarget Checkpoint = new("default", "counter-0", "counter", "node-1", default, Server);

    private static readonly ExecPluginConfig Plugin = new("/", "plugin", "client.authentication.k8s.io/v1");

    private static readonly HttpStatusCode[] Refusals =
        [HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden, HttpStatusCode.NotFound, HttpStatusCode.TooManyRequests, HttpStatusCode.InternalServerError, HttpStatusCode.ServiceUnavailable];

    private static readonly PodDocument Pod = PodDocument.Parse(new PodManifest(
        """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"A","value":"1"}]}],"tolerations":[{"key":"k"}]}}"""));

    public static void ReadKubeConfig(byte[] content, Reading reading)
    {
        var path = reading.Place.Write("config", content);
        reading.Try("kubeconfig", () => KubeConfigReader.Read(path));
    }

    public static void ReadObject(byte[] content, Reading reading)
    {
        var text = Encoding.UTF8.GetString(content);
        foreach (var status in Refusals)
        {
            reading.Try("refusal", () => _ = ApiRefusal.ToFailure(new ServerResponse(status, text), Server).Message);
            reading.Try("checkpoint refusal", () => _ = CheckpointResponse.ToFailure(new ServerResponse(status, text), Checkpoint).Message);
        }
        reading.Try("checkpoint path", () => CheckpointResponse.NodePath(new ServerResponse(HttpStatusCode.OK, text), Checkpoint));
        reading.Try("object", () => Where<JsonException>(() =>
        {
            using var json = new ServerResponse(HttpStatusCode.OK, text).ToJson();
            foreach (var item in json.RootElement.Items("items").Append(json.RootElement).Take(100))
            {
                PodReader.Read(item);
                PodStatusColumn.Of(item);
                NodeReader.Read(item);
            }
        }));
        var manifest = new PodManifest(text);
        reading.Try("manifest name", () => _ = manifest.ToString());
        reading.Try("manifest", () => PodDocument.Parse(manifest).References());
        reading.Try("exec result", () => Where<ExecBrokenException>(() => ExecResult.Parse(text, "")));
    }

    public static void ReadPatch(byte[] content, Reading reading) =>
        reading.Try("patch", () => ManifestPatch.Apply(Pod, Encoding.UTF8.GetString(content)));

    public static void ReadCredential(byte[] content, Reading reading) =>
        reading.Try("exec credential", () => ExecCredential.Parse(Plugin, Encoding.UTF8.GetString(content)));

    public static void ReadCertificate(byte[] content, Reading reading)
    {
        var text = Encoding.UTF8.GetString(content);
        reading.Try("client certificate", () => Where<CryptographicException>(() => ClientCertificate.FromPem(text, text)));
    }

    public static void ReadNode(byte[] content, Reading reading)
    {
        var text = Encoding.UTF8.GetString(content);
        reading.Try("node host", () => NodeHostReader.Read(text, content.AsSpan(0, content.Length / 16 * 16)));
        reading.Try("helper tools", () => HelperTools.Parse(text).Missing(forRemoval: true));
        reading.Try("versions", () =>
        {
            foreach (var line in text.Split('\n').Take(50))
            {
                ComponentVersion.Parse(line);
                GoDuration.Parse(line);
                RuntimeSupport.Find("cri-o", line);
                LocalArchiveName.From(line);
            }
        });
    }

    public static void ReadLog(byte[] content, Reading reading)
    {
        var text = Encoding.UTF8.GetString(content);
        var path = reading.Place.Write("dump.log", content);
        reading.Try("log file", () => _ = Archives.Logs.CheckpointLogReader.ReadDumpLogFile(path, reading.Place.Token).Count());
        var run = new FailedCriuRun { Namespace = "default", PodName = "web", ContainerName = "app" };
        reading.Try("quoted log", () => RestoreCause.Of(text, null, CriuExplanation.WithQuoted(run, text)));
        reading.Try("log of a node", () => CriuExplanation.Describe(CriuExplanation.With(run, content)));
        reading.Try("runtime message", () => _ = CheckpointResponse.ToFailure(new ServerResponse(HttpStatusCode.InternalServerError, text), Checkpoint).Message);
    }

    public static void ReadSelector(byte[] content, Reading reading)
    {
        var text = Encoding.UTF8.GetString(content);
        reading.Try("label selector", () => LabelSelector.Parse(text));
        reading.Try("field selector", () => FieldSelector.Parse(text));
        // Compiling an expression takes longer than all else. It is the user's own, who types no longer one.
        if (content.Length % 16 == 0 && content.Length < LongestPattern)
            reading.Try("pattern", () => Archives.Search.MemorySearch.Create(new Archives.Search.MemorySearchOptions { Patterns = [text] }));
    }

    public static void ReadFrames(byte[] content, Reading reading) => reading.Try("exec frames", () =>
    {
        var frames = new ExecFrames();
        for (var at = 0; at < content.Length;)
        {
            var length = Math.Min(content[at] % 16, content.Length - at - 1);
            frames.Next(content.AsMemory(at + 1, length), content[at] >= 128);
            at += 1 + length;
        }
    });

    public static void ReadProxy(byte[] content, Reading reading)
    {
        var endPoint = new DnsEndPoint("server.example", 6443);
        foreach (var address in new[] { "http://user:password@proxy.example:8080", "socks5://user:password@proxy.example:1080" })
        {
            var proxy = ProxyAddress.TryParse(address)!;
            reading.Try("proxy", () => Where<ProxyException>(() => Where<IOException>(() =>
            {
                using var stream = new ScriptedStream(content);
                (proxy.IsSocks ? SocksTunnel.OpenAsync(stream, proxy, endPoint, reading.Place.Token) : HttpTunnel.OpenAsync(stream, proxy, endPoint, reading.Place.Token)).GetAwaiter().GetResult();
            })));
        }
    }

    // What the callers of a reader expect it to throw.
    private static void Where<T>(Action read)
        where T : Exception
    {
        try
        {
            read();
        }
        catch (T)
        {
        }
    }

    /// <summary>Says what it was given, whatever it is sent.</summary>
    private sealed class ScriptedStream(byte[] content) : MemoryStream(content, writable: false)
    {
        public override bool CanWrite => true;

        public override void Write(byte[] buffer, int offset, int count)
        {
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => Task.CompletedTask;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => default;
    }
}
