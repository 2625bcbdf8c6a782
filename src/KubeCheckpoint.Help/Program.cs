using System.Management.Automation;
using System.Reflection;
using KubeCheckpoint.Help;

if (args is not [var assemblyPath, var engineDocumentationPath, var folder])
{
    Console.Error.WriteLine("usage: KubeCheckpoint.Help <assembly with the cmdlets> <XML documentation of the engine> <folder to write to>");
    return 2;
}

var assembly = Assembly.LoadFrom(Path.GetFullPath(assemblyPath));
var documentationPath = Path.ChangeExtension(Path.GetFullPath(assemblyPath), ".xml");
var documentation = XmlDocumentation.Load(documentationPath);
var commands = assembly.GetExportedTypes()
    .Where(type => type.GetCustomAttribute<CmdletAttribute>() is not null)
    .OrderBy(type => type.Name, StringComparer.Ordinal)
    .Select(type => new CommandHelp(type, documentation).ToMaml());
Directory.CreateDirectory(folder);
MamlFile.Write(Path.Combine(folder, $"{Path.GetFileName(assemblyPath)}-Help.xml"), commands);
ErrorsTopic.Write(Path.Combine(folder, "about_KubeCheckpoint_Errors.help.txt"), [documentationPath, engineDocumentationPath]);
RuntimesTopic.Write(
    Path.Combine(folder, "about_KubeCheckpoint_Runtimes.help.txt"),
    Assembly.LoadFrom(Path.ChangeExtension(Path.GetFullPath(engineDocumentationPath), ".dll")));
return 0;
