using System.Xml.Linq;

namespace KubeCheckpoint.Help;

/// <summary>The MAML file as a whole, and the namespaces of its elements.</summary>
internal static class MamlFile
{
    public static readonly XNamespace Maml = "http://schemas.microsoft.com/maml/2004/10";
    public static readonly XNamespace Command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    public static readonly XNamespace Dev = "http://schemas.microsoft.com/maml/dev/2004/10";

    private static readonly XNamespace Help = "http://msh";

    public static void Write(string path, IEnumerable<XElement> commands)
    {
        new XDocument(new XElement(
            Help + "helpItems",
            new XAttribute("schema", "maml"),
            new XAttribute(XNamespace.Xmlns + "maml", Maml),
            new XAttribute(XNamespace.Xmlns + "command", Command),
            new XAttribute(XNamespace.Xmlns + "dev", Dev),
            commands)).Save(path);
    }

    public static XElement Paragraphs(XName name, IEnumerable<string> paragraphs) =>
        new(name, paragraphs.Select(text => new XElement(Maml + "para", text)));
}
