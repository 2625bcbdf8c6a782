namespace KubeCheckpoint.Core.Tests.Support;

/// <summary>The text of kubeconfigs.</summary>
internal static class KubeConfigText
{
    /// <summary>A kubeconfig with one context.</summary>
    /// <param name="cluster">The cluster, as a flow mapping without its braces.</param>
    /// <param name="user">The user, likewise.</param>
    public static string Of(string cluster, string user = "token: t0") => $$"""
        apiVersion: v1
        kind: Config
        current-context: x
        clusters:
        - name: c
          cluster: {{{cluster}}}
        contexts:
        - name: x
          context: {cluster: c, user: u, namespace: shop}
        users:
        - name: u
          user: {{{user}}}
        """;

    public static string Base64(string text) => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text));
}
