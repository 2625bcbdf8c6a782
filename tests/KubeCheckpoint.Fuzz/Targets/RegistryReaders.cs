using System.Text;
using KubeCheckpoint.Images.Content;
using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Fuzz.Targets;

/// <summary>Readers of what registries and token servers say, and of files with their passwords.</summary>
internal static class RegistryReaders
{
    public static void ReadDocument(byte[] content, Reading reading)
    {
        reading.Try("manifest", () => OciDocument.Parse("registry.example", content, null));
        reading.Try("config", () => OciConfig.Parse("registry.example", content));
        reading.Try("needs", () => RestoreNeedsLabel.Read(Encoding.UTF8.GetString(content)));
        reading.Try("error body", () => RegistryErrorBody.MessageOf(content));
        reading.Try("token", () => RegistryToken.Parse(content, DateTimeOffset.UnixEpoch));
    }

    public static void ReadAuthFile(byte[] content, Reading reading)
    {
        var path = reading.Place.Write("auth.json", content);
        reading.Try("auth file", () => AuthFile.Load(path).FindAsync("registry.example:5000", "team/app", _ => null, reading.Place.Token).GetAwaiter().GetResult());
    }

    public static void ReadChallenge(byte[] content, Reading reading)
    {
        using var response = new HttpResponseMessage();
        foreach (var line in Encoding.Latin1.GetString(content).Split('\n'))
            response.Headers.TryAddWithoutValidation("WWW-Authenticate", line);
        reading.Try("challenge", () => AuthChallenge.Of(response.Headers));
    }

    public static void ReadName(byte[] content, Reading reading)
    {
        var text = Encoding.UTF8.GetString(content);
        reading.Try("reference", () => _ = ImageReference.TryParse(text, out _, out _));
        reading.Try("digest", () => _ = Digest.TryParse(text, out _));
    }
}
