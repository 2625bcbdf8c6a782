using System.Collections.Concurrent;
using System.Management.Automation;
using System.Net;
using System.Security;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Parameters;

namespace KubeCheckpoint.Pipeline;

/// <summary>A cmdlet that can speak to a kubelet without the API server, as one does on a control-plane node.</summary>
public abstract class KubeletCmdlet : ClusterCmdlet
{
    private readonly ConcurrentDictionary<KubeletTarget, Lazy<KubeletClient>> _kubelets = new();
    private KubeletTarget? _givenKubelet;

    /// <summary>
    /// A kubelet to speak to directly, such as https://node1:10250, without the API server. It wants the right 'create' on
    /// 'nodes/checkpoint' and a certificate or token.
    /// </summary>
    [Parameter]
    public Uri? KubeletUri { get; set; }

    /// <summary>The client certificate for the kubelet: the path of a PEM file, or an X509Certificate2 with its private key.</summary>
    [Parameter]
    public PSObject? Certificate { get; set; }

    /// <summary>The path of the PEM file with the private key of -Certificate, where it is not in the same file.</summary>
    [Parameter]
    public string? Key { get; set; }

    /// <summary>
    /// Who may have signed the kubelet's serving certificate: paths of PEM files or X509Certificate2 objects. Without it: the
    /// authorities this system trusts.
    /// </summary>
    [Parameter]
    public PSObject[]? CACertificate { get; set; }

    /// <summary>A bearer token for the kubelet, such as that of a service account.</summary>
    [Parameter]
    [SecureStringTransformation]
    public SecureString? Token { get; set; }

    /// <summary>Accepts any serving certificate of the kubelet. Whoever stands in between can then read the token.</summary>
    [Parameter]
    public SwitchParameter SkipCertificateCheck { get; set; }

    /// <summary>The kubelet the parameters name, else that of the pod from the pipeline, else null. Asked for on the pipeline thread.</summary>
    private protected KubeletTarget? CurrentKubelet(Pod? pod = null) =>
        KubeletUri is null ? pod?.Kubelet : _givenKubelet ??= ReadKubeletTarget(KubeletUri);

    /// <summary>A connection to a kubelet: one for each, kept until the cmdlet ends. For work off the pipeline thread.</summary>
    private protected KubeletClient Connect(KubeletTarget target) =>
        _kubelets.GetOrAdd(target, _ => new Lazy<KubeletClient>(() => KubeletClient.Connect(target))).Value;

    /// <inheritdoc/>
    protected override ValueTask CloseAsync()
    {
        foreach (var client in _kubelets.Values.Where(client => client.IsValueCreated))
            client.Value.Dispose();
        return base.CloseAsync();
    }

    private KubeletTarget ReadKubeletTarget(Uri uri) => new()
    {
        Uri = uri,
        ClientCertificate = Certificate is null ? null : CertificateFiles.ReadClientCertificate(Certificate, Key, path => FullPath(path)!),
        Token = Token is null ? null : new NetworkCredential(string.Empty, Token).Password,
        CertificateAuthorities = CACertificate is null ? null : CertificateFiles.ReadAuthorities(CACertificate, path => FullPath(path)!),
        SkipCertificateCheck = SkipCertificateCheck,
    };
}
