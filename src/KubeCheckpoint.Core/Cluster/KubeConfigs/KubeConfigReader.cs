namespace KubeCheckpoint.Cluster.KubeConfigs;

/// <summary>Reads a kubeconfig file. Unknown fields are ignored, as kubectl ignores them.</summary>
internal static class KubeConfigReader
{
    private const string ExecExtension = "client.authentication.k8s.io/exec";

    private static readonly string[] Fields = ["apiVersion", "kind", "clusters", "contexts", "users", "current-context"];

    /// <summary>Reads a file, or returns null where it holds nothing.</summary>
    /// <param name="file">The full path of the file.</param>
    /// <exception cref="KubeCheckpointException">KubeConfigInvalid, KubeConfigUnreadable.</exception>
    public static KubeConfig? Read(string file)
    {
        try
        {
            return YamlReader.Read(file, File.ReadAllText(file)) is { } root ? ReadConfig(file, root) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw KubeConfigFailure.KubeConfigUnreadable(file, exception);
        }
    }

    private static KubeConfig ReadConfig(string file, YamlValue root)
    {
        if (!Fields.Any(root.Has))
        {
            throw KubeConfigFailure.KubeConfigInvalid(
                root.Location, "this is not a kubeconfig, which has the fields 'clusters', 'users', 'contexts' and 'current-context'.");
        }

        Expect(root, "kind", "Config");
        Expect(root, "apiVersion", "v1");
        return new(
            [file],
            root.Text("current-context"),
            [.. Entries(root, "clusters", "cluster").Select(entry => ReadCluster(entry.Name, entry.Value))],
            [.. Entries(root, "users", "user").Select(entry => ReadUser(entry.Name, entry.Value))],
            [.. Entries(root, "contexts", "context").Select(entry => ReadContext(entry.Name, entry.Value))]);
    }

    private static void Expect(YamlValue root, string field, string expected)
    {
        if (root.Text(field) is { } value && value != expected)
            throw KubeConfigFailure.KubeConfigInvalid(root.Location, $"this is not a kubeconfig: its {field} is '{value}', not '{expected}'.");
    }

    private static IEnumerable<(string Name, YamlValue Value)> Entries(YamlValue root, string list, string field)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in root.List(list))
        {
            if (!entry.IsMapping)
                throw KubeConfigFailure.KubeConfigInvalid(entry.Location, $"an entry of '{list}' must have the fields 'name' and '{field}'.");
            var name = entry.Text("name") ?? "";
            if (!names.Add(name))
                throw KubeConfigFailure.KubeConfigInvalid(entry.Location, $"'{list}' has the name '{name}' twice.");
            yield return (name, entry.Mapping(field) ?? YamlValue.NoFields(entry.Location));
        }
    }

    private static KubeConfigCluster ReadCluster(string name, YamlValue cluster) => new(name, cluster.Location)
    {
        Server = cluster.Text("server"),
        TlsServerName = cluster.Text("tls-server-name"),
        SkipTlsVerify = cluster.Flag("insecure-skip-tls-verify"),
        CertificateAuthority = Content(cluster, "certificate-authority"),
        ProxyUrl = cluster.Text("proxy-url"),
        DisableCompression = cluster.Flag("disable-compression"),
        ExecExtension = cluster.List("extensions").LastOrDefault(extension => extension.Text("name") == ExecExtension)?.Find("extension")?.ToJson(),
    };

    private static KubeConfigUser ReadUser(string name, YamlValue user) => new(name, user.Location)
    {
        Token = user.Text("token"),
        TokenFile = FullPath(user, "tokenFile"),
        UserName = user.Text("username"),
        Password = user.Text("password"),
        ClientCertificate = Content(user, "client-certificate"),
        ClientKey = Content(user, "client-key"),
        Exec = user.Mapping("exec") is { } exec ? ReadExec(exec) : null,
        AuthProvider = user.Mapping("auth-provider") is { } provider ? provider.Text("name") ?? "" : null,
        Impersonation = new(
            user.Text("as"),
            user.Texts("as-groups"),
            user.Text("as-uid"),
            ReadExtra(user.Mapping("as-user-extra"))),
    };

    private static KeyValuePair<string, IReadOnlyList<string>>[] ReadExtra(YamlValue? extra) =>
        [.. (extra?.Members ?? []).Select(member => KeyValuePair.Create(member.Key, extra!.Texts(member.Key)))];

    private static ExecPluginConfig ReadExec(YamlValue exec) => new(exec.Location.Folder, exec.Text("command") ?? "", exec.Text("apiVersion") ?? "")
    {
        Arguments = exec.Texts("args"),
        Variables = [.. exec.List("env").Select(variable => new ExecVariable(variable.Text("name") ?? "", variable.Text("value") ?? ""))],
        InstallHint = exec.Text("installHint"),
        ProvideClusterInfo = exec.Flag("provideClusterInfo"),
        InteractiveMode = exec.Text("interactiveMode"),
    };

    private static KubeConfigContext ReadContext(string name, YamlValue context) =>
        new(name, context.Text("cluster"), context.Text("user"), context.Text("namespace")) { Location = context.Location };

    /// <summary>The bytes of a field that ends with <c>-data</c>, which has precedence, or of the file that the field without it names.</summary>
    private static KubeConfigContent? Content(YamlValue owner, string field)
    {
        var dataField = field + "-data";
        if (owner.Text(dataField) is not { } base64)
            return FullPath(owner, field) is { } path ? new(field, owner.Find(field)!.Location, path, default) : null;
        var location = owner.Find(dataField)!.Location;
        var data = new byte[base64.Length];

        // Line breaks and spaces between the characters are ignored.
        return Convert.TryFromBase64String(base64, data, out var length)
            ? new(dataField, location, null, data.AsMemory(0, length))
            : throw KubeConfigFailure.KubeConfigInvalid(location, $"'{dataField}' is not base64.");
    }

    private static string? FullPath(YamlValue owner, string field) =>
        owner.Text(field) is { } path ? Path.GetFullPath(path, owner.Location.Folder) : null;
}
