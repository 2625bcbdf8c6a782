using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Core.Tests.Images.Registry;

/// <summary>Debian's docker-registry on an ephemeral port of loopback, with its data in a folder of its own.</summary>
internal sealed partial class RealRegistry : IDisposable
{
    public const string User = "ada";
    public const string Password = "lovelace";

    // htpasswd -nbBC 5 ada lovelace
    private const string Htpasswd = "ada:$2y$05$.He25gq41cXhjiwgHLugsuyA10rKuskmITVGvw.IzxM26XoTd7g5S\n";

    private readonly TemporaryFolder _folder = new();
    private readonly Process _process;

    /// <param name="login">Whether it wants <see cref="User"/> and <see cref="Password"/>.</param>
    /// <param name="tls">Whether it speaks https.</param>
    /// <param name="tokens">Who gives the tokens it wants, or null.</param>
    public RealRegistry(bool login = false, bool tls = false, TokenServer? tokens = null)
    {
        var config = $"""
            version: 0.1
            log: {"{"}level: info{"}"}
            storage:
              filesystem: {"{"}rootdirectory: {_folder.Path}/data{"}"}
              delete: {"{"}enabled: true{"}"}
            http:
              addr: 127.0.0.1:0
            """;
        if (tls)
        {
            Certificate = MakeCertificate();
            _folder.Write("cert.pem", System.Text.Encoding.ASCII.GetBytes(Certificate.ExportCertificatePem()));
            _folder.Write("key.pem", System.Text.Encoding.ASCII.GetBytes(Certificate.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem()));
            config += $"\n  tls: {"{"}certificate: {_folder.Path}/cert.pem, key: {_folder.Path}/key.pem{"}"}";
        }
        if (login)
        {
            _folder.Write("htpasswd", System.Text.Encoding.ASCII.GetBytes(Htpasswd));
            config += $"\nauth:\n  htpasswd: {"{"}realm: test, path: {_folder.Path}/htpasswd{"}"}";
        }
        if (tokens is not null)
        {
            _folder.Write("issuer.pem", System.Text.Encoding.ASCII.GetBytes(tokens.Certificate.ExportCertificatePem()));
            config += $"\nauth:\n  token: {"{"}realm: '{tokens.Realm}', service: {TokenServer.Service}, issuer: {TokenServer.Issuer}, rootcertbundle: {_folder.Path}/issuer.pem{"}"}";
        }
        var path = _folder.Write("config.yml", System.Text.Encoding.UTF8.GetBytes(config + "\n"));
        _process = Process.Start(new ProcessStartInfo(Tools.Find(Tools.Registry) ?? Tools.Registry, ["serve", path])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        Host = $"127.0.0.1:{ReadPort()}";
        // Nobody reads its log, and a full pipe would stop it.
        _ = _process.StandardError.BaseStream.CopyToAsync(Stream.Null);
        _ = _process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
    }

    public string Host { get; }

    public X509Certificate2? Certificate { get; }

    /// <summary>The data of uploads to a repository that were not closed.</summary>
    public string[] UploadsOf(string repository)
    {
        var folder = $"{_folder.Path}/data/docker/registry/v2/repositories/{repository}/_uploads";
        return Directory.Exists(folder) ? Directory.GetFiles(folder, "data", SearchOption.AllDirectories) : [];
    }

    /// <summary>Writes over the bytes of a blob.</summary>
    public void Damage(string digest)
    {
        var path = $"{_folder.Path}/data/docker/registry/v2/blobs/sha256/{digest[7..9]}/{digest[7..]}/data";
        using var file = File.OpenWrite(path);
        file.Position = file.Length / 2;
        file.Write("damage"u8);
    }

    public RegistryOptions Options(string? password = null, bool trust = false, bool skipCheck = false, bool small = false) => new()
    {
        Sizes = small ? new UploadSizes { Chunk = 60_000, SmallestChunk = 10_000, HashFirst = 20_000 } : new UploadSizes(),
        Credential = password is null ? null : new NetworkCredential(User, password),
        CertificateAuthorities = trust ? [Certificate!] : null,
        SkipCertificateCheck = skipCheck,
    };

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Certificate?.Dispose();
        _folder.Dispose();
    }

    private string ReadPort()
    {
        var lines = new List<string>();
        while (_process.StandardError.ReadLine() is { } line)
        {
            lines.Add(line);
            if (Listening().Match(line) is { Success: true } match)
                return match.Groups[1].Value;
        }
        throw new InvalidOperationException(string.Join('\n', lines));
    }

    public static X509Certificate2 MakeCertificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=test registry", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    [GeneratedRegex(@"listening on 127\.0\.0\.1:(\d+)")]
    private static partial Regex Listening();
}
