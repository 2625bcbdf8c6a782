using System.Globalization;
using System.Text;
using KubeCheckpoint.Cluster.KubeConfigs;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Cluster.KubeConfigs;

public sealed class KubeConfigReaderTests : IDisposable
{
    private const string Cluster = "server: https://api.example:6443";

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Reads_every_field()
    {
        var config = Read("""
            apiVersion: v1
            kind: Config
            preferences: {colors: true}
            current-context: x
            clusters:
            - name: c
              cluster:
                server: https://api.example:6443
                tls-server-name: kubernetes
                insecure-skip-tls-verify: true
                certificate-authority: pki/ca.crt
                proxy-url: socks5://proxy:1080
                disable-compression: true
                extensions:
                - name: client.authentication.k8s.io/exec
                  extension: {audience: "42", ids: [1, 2.5, true, null, "true", ~], nested: {a: b}}
                - name: other
                  extension: 1
            users:
            - name: u
              user:
                token: t0
                tokenFile: ../token
                username: me
                password: secret
                client-certificate: me.crt
                client-key-data: a2V5
                as: alice
                as-groups: [g1, "2"]
                as-uid: 7
                as-user-extra: {scopes: [a, b], empty: []}
                exec:
                  apiVersion: client.authentication.k8s.io/v1
                  command: ./login
                  args: [get, "1"]
                  env: [{name: A, value: b}]
                  installHint: Install it.
                  provideClusterInfo: true
                  interactiveMode: Never
            contexts:
            - name: x
              context: {cluster: c, user: u, namespace: shop, extensions: [{name: minikube}]}
            """);

        var cluster = Assert.Single(config.Clusters);
        Assert.Equal(
            ("c", "https://api.example:6443", "kubernetes", true, "socks5://proxy:1080", true),
            (cluster.Name, cluster.Server, cluster.TlsServerName, cluster.SkipTlsVerify, cluster.ProxyUrl, cluster.DisableCompression));
        Assert.Equal(Path.Combine(_folder.Path, "pki", "ca.crt"), cluster.CertificateAuthority!.File);
        Assert.Equal("""{"audience":"42","ids":[1,2.5,true,null,"true",null],"nested":{"a":"b"}}""", cluster.ExecExtension!.ToJsonString());
        var user = Assert.Single(config.Users);
        Assert.Equal(("t0", "me", "secret"), (user.Token, user.UserName, user.Password));
        Assert.Equal(Path.Combine(Path.GetDirectoryName(_folder.Path)!, "token"), user.TokenFile);
        Assert.Equal("key", Encoding.UTF8.GetString(user.ClientKey!.Read().Span));
        Assert.Equal(Path.Combine(_folder.Path, "me.crt"), user.ClientCertificate!.File);
        Assert.Equal(("alice", "7"), (user.Impersonation.User, user.Impersonation.Uid));
        Assert.Equal(["g1", "2"], user.Impersonation.Groups);
        Assert.Equal(["scopes=a,b", "empty="], user.Impersonation.Extra.Select(extra => $"{extra.Key}={string.Join(',', extra.Value)}"));
        var exec = user.Exec!;
        Assert.Equal(
            ("./login", _folder.Path, "Install it.", true, "Never"),
            (exec.Command, exec.Folder, exec.InstallHint, exec.ProvideClusterInfo, exec.InteractiveMode));
        Assert.Equal(["get", "1"], exec.Arguments);
        Assert.Equal(new ExecVariable("A", "b"), Assert.Single(exec.Variables));
        var context = Assert.Single(config.Contexts);
        Assert.Equal(("x", "c", "u", "shop"), (context.Name, context.Cluster, context.User, context.Namespace));
    }

    [Fact]
    public void Encodings_line_ends_and_json_make_no_difference()
    {
        var text = KubeConfigText.Of(Cluster, "token: t0");
        const string Json = """
            {
            	"kind": "Config", "apiVersion": "v1", "current-context": "x",
            	"clusters": [{"name": "c", "cluster": {"server": "https:\/\/api.example:6443"}}],
            	"users": [{"name": "u", "user": {"token": "t0"}}],
            	"contexts": [{"name": "x", "context": {"cluster": "c", "user": "u", "namespace": "shop"}}]
            }
            """;
        byte[][] variants =
        [
            [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(text)],
            [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes(text)],
            Encoding.UTF8.GetBytes(text.ReplaceLineEndings("\r\n")),
            Encoding.UTF8.GetBytes($"# comment\n---\n{text}\n---\nkind: Other\n"),
            Encoding.UTF8.GetBytes(Json),
            Encoding.UTF8.GetBytes(Json.ReplaceLineEndings("").Replace("\t", "", StringComparison.Ordinal)),
        ];
        Assert.All(variants, variant =>
        {
            var config = KubeConfigReader.Read(_folder.Write("config", variant))!;
            Assert.Equal(
                ("x", "https://api.example:6443", "t0", "shop"),
                (config.CurrentContext, config.Clusters[0].Server, config.Users[0].Token, config.Contexts[0].Namespace));
        });
    }

    [Theory]
    [InlineData("|\n        aGVs\n        bG8=\n")]
    [InlineData(">\n        aGVs\n        bG8=\n")]
    [InlineData("aGVs\n        bG8=")]
    [InlineData("\"aGVs\\\n        bG8=\"")]
    [InlineData("'aGVsbG8='")]
    public void Base64_may_be_wrapped(string data)
    {
        var config = Read($"clusters:\n- name: c\n  cluster:\n    server: s\n    certificate-authority-data: {data}\n");
        Assert.Equal("hello", Encoding.UTF8.GetString(config.Clusters[0].CertificateAuthority!.Read().Span));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("")]
    [InlineData("~")]
    [InlineData("{token: ''}")]
    [InlineData("{token: null, tokenFile: '', exec: null, client-certificate-data: '', as: ''}")]
    public void A_user_may_be_empty(string user)
    {
        var read = Read($"users:\n- name: u\n  user: {user}\n").Users[0];
        Assert.Equal((null, null, null, null), (read.Token, read.TokenFile, read.Exec, read.ClientCertificate));
        Assert.Null(read.Impersonation.User);
    }

    [Theory]
    [InlineData("{token: 0123}", "0123")]
    [InlineData("{token: true}", "true")]
    [InlineData("{token: !!str x}", "x")]
    [InlineData("{token: 'null'}", "null")]
    [InlineData("{token: a, token: b}", "b")]
    [InlineData("{<<: {token: a}}", "a")]
    [InlineData("{<<: {token: a}, token: b}", "b")]
    [InlineData("\n    password: &p a\n    token: *p", "a")]
    [InlineData("{unknown: [1, {a: b}], token: a}", "a")]
    public void Yaml_is_read_as_kubectl_reads_it(string user, string token) =>
        Assert.Equal(token, Read($"users:\n- name: u\n  user: {user}\n").Users[0].Token);

    [Theory]
    [InlineData("::: not yaml {{{", 1, "this is not a kubeconfig")]
    [InlineData("just text", 1, "this is not a kubeconfig")]
    [InlineData("- a", 1, "this is not a kubeconfig")]
    [InlineData("a: b", 1, "this is not a kubeconfig")]
    [InlineData("a: b: c", 1, "this is not valid YAML")]
    [InlineData("kind: [", 1, "this is not valid YAML")]
    [InlineData("kind: Config\nclusters:\n  - {", 3, "this is not valid YAML")]
    [InlineData("kind: Config\nusers: *a", 2, "the anchor of '*a' is missing")]
    [InlineData("kind: &a [*a]", 1, "the anchor of '*a' is missing")]
    [InlineData("kind: Config\nusers:\n- name: u\n  user: {tokenFile: \"a\\0b\"}", 4, "the text has a null character")]
    [InlineData("kind: Config\n[a]: b", 2, "the name of a field must be text")]
    [InlineData("kind: Pod", 1, "this is not a kubeconfig: its kind is 'Pod', not 'Config'")]
    [InlineData("apiVersion: v2\nkind: Config", 1, "this is not a kubeconfig: its apiVersion is 'v2', not 'v1'")]
    [InlineData("kind: Config\nclusters: {}", 2, "'clusters' is a mapping where a list is expected")]
    [InlineData("kind: Config\nclusters:\n- c", 3, "an entry of 'clusters' must have the fields 'name' and 'cluster'")]
    [InlineData("kind: Config\nclusters:\n- name: c\n- name: c", 4, "'clusters' has the name 'c' twice")]
    [InlineData("kind: Config\nclusters:\n- name: c\n  cluster:\n    server: [a]", 5, "'server' is a list where text is expected")]
    [InlineData(
        "kind: Config\nclusters:\n- name: c\n  cluster:\n    insecure-skip-tls-verify: maybe", 5, "'insecure-skip-tls-verify' is text where true or false is expected")]
    [InlineData("kind: Config\nclusters:\n- name: c\n  cluster: text", 4, "'cluster' is text where a mapping is expected")]
    [InlineData("kind: Config\nclusters:\n- name: c\n  cluster:\n    certificate-authority-data: '?'", 5, "'certificate-authority-data' is not base64")]
    [InlineData("kind: Config\nusers:\n- name: u\n  user:\n    as-groups: g1", 5, "'as-groups' is text where a list is expected")]
    [InlineData("kind: Config\nusers:\n- name: u\n  user:\n    as-groups: [{}]", 5, "'as-groups' is a mapping where text is expected")]
    [InlineData("kind: Config\nusers:\n- name: u\n  user:\n    exec: {args: [[]]}", 5, "'args' is a list where text is expected")]
    [InlineData("current-context: [x]", 1, "'current-context' is a list where text is expected")]
    public void What_is_wrong_is_reported_with_its_line_and_field(string text, int line, string problem)
    {
        var path = _folder.Write("config", Encoding.UTF8.GetBytes(text));
        var failure = Assert.Throws<KubeCheckpointException>(() => KubeConfigReader.Read(path));
        Assert.Equal("KubeConfigInvalid", failure.ErrorId);
        Assert.StartsWith($"The kubeconfig '{path}' cannot be used: line {line}: {problem}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Deep_nesting_is_refused()
    {
        var failure = Assert.Throws<KubeCheckpointException>(() => Read("kind: " + new string('[', 5000)));
        Assert.Equal("KubeConfigInvalid", failure.ErrorId);
    }

    [Theory]
    [InlineData(8, 10, "the aliases repeat too many values")]
    [InlineData(20_000, 1, "the values are nested too deeply")]
    public void Aliases_of_aliases_are_refused(int levels, int width, string problem)
    {
        var text = new StringBuilder("kind: Config\nl0: &l0 [x]\n");
        for (var level = 1; level <= levels; level++)
            text.Append(CultureInfo.InvariantCulture, $"l{level}: &l{level} [{string.Join(',', Enumerable.Repeat($"*l{level - 1}", width))}]\n");
        text.Append(CultureInfo.InvariantCulture, $"clusters: [{{name: c, cluster: {{extensions: [{{name: client.authentication.k8s.io/exec, extension: *l{levels}}}]}}}}]\n");
        var failure = Assert.Throws<KubeCheckpointException>(() => Read(text.ToString()));
        Assert.Equal("KubeConfigInvalid", failure.ErrorId);
        Assert.Contains(problem, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_a_file_holds_it_is_read_or_refused()
    {
        var (random, text) = (new Random(7), Encoding.UTF8.GetBytes(KubeConfigText.Of(Cluster, "token: t0, exec: {command: a, args: [b]}")));
        for (var i = 0; i < 3000; i++)
        {
            var mutated = text[..random.Next(text.Length + 1)];
            for (var edits = random.Next(6); edits > 0 && mutated.Length > 0; edits--)
                mutated[random.Next(mutated.Length)] = (byte)(random.Next(3) == 0 ? random.Next(256) : "{}[]:-'\"&*!|>#\n\t"[random.Next(16)]);
            var path = _folder.Write("config", mutated);
            try
            {
                KubeConfigReader.Read(path);
            }
            catch (KubeCheckpointException failure)
            {
                Assert.Equal("KubeConfigInvalid", failure.ErrorId);
            }
        }
    }

    public void Dispose() => _folder.Dispose();

    private KubeConfig Read(string text) => KubeConfigReader.Read(_folder.Write("config", Encoding.UTF8.GetBytes(text)))!;
}
