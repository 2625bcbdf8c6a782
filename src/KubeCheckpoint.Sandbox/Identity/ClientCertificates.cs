using System.Security.Cryptography;
using System.Text;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.Identity;

/// <summary>Client certificates as PEM files, issued when they are first needed.</summary>
internal sealed class ClientCertificates(string folder, CertificateAuthority authority, UserDirectory users)
{
    private readonly Lock _gate = new();

    /// <summary>The path, without extension, of a user's <c>.crt</c> and <c>.key</c>.</summary>
    /// <exception cref="KeyNotFoundException">There is no such user.</exception>
    public string PathOf(string userName)
    {
        var user = users.Users.FirstOrDefault(candidate => candidate.Name == userName)
            ?? throw new KeyNotFoundException($"The sandbox knows no user {userName}.");

        // Not every system allows file names such as system:serviceaccount:default:ck-sa.
        var path = Path.Join(folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(userName)))[..16]);
        lock (_gate)
        {
            if (!File.Exists(path + ".crt"))
            {
                (var certificate, var key) = authority.IssueClient(user.Name, user.Groups);
                PrivateFile.Write(path + ".key", key);
                PrivateFile.Write(path + ".crt", certificate);
            }
        }
        return path;
    }
}
