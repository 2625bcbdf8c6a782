using System.Text;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.Identity;

/// <summary>Writes a kubeconfig with the contexts of all users that have one.</summary>
internal static class KubeConfigFile
{
    private const string AdminContext = "admin";

    public static void Write(string path, Uri server, CertificateAuthority authority, UserDirectory directory)
    {
        List<User> users = [.. directory.Users.Where(user => user.Context.Length > 0)];
        var text = new StringBuilder();
        text.Append($"""
            # Made by KubeCheckpoint.Sandbox, an emulator: there is no Kubernetes behind this address.
            apiVersion: v1
            kind: Config
            current-context: {AdminContext}
            clusters:
            - name: sandbox
              cluster:
                server: {server.AbsoluteUri.TrimEnd('/')}
                certificate-authority-data: {Base64(authority.Pem)}
            contexts:

            """);
        foreach (var user in users)
        {
            text.Append($$"""
                - name: {{user.Context}}
                  context: {cluster: sandbox, user: {{user.Name}}, namespace: default}

                """);
        }
        text.Append("users:\n");
        foreach (var user in users)
            text.Append($"- name: {user.Name}\n  user:\n").Append(Credentials(user, authority, directory));
        PrivateFile.Write(path, text.ToString());
    }

    private static string Credentials(User user, CertificateAuthority authority, UserDirectory directory)
    {
        if (user.Context != AdminContext)
            return $"    token: {directory.Tokens[user.Name]}\n";
        (var certificate, var key) = authority.IssueClient(user.Name, user.Groups);
        return $"    client-certificate-data: {Base64(certificate)}\n    client-key-data: {Base64(key)}\n";
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
