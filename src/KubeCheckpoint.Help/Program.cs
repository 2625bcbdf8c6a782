using System.Management.Automation;
using System.Reflection;
using KubeCheckpoint.Help;

if (args is not [var cmdletsPath, var enginePath, var modelPath, var topicFolder, var pagesUri, var helpFolder, var docsFolder])
{
    Console.Error.WriteLine(
        "usage: KubeCheckpoint.Help <cmdlets.dll> <engine.dll> <model.dll> <folder of topics> <address of the cmdlets' pages> "
        + "<folder for Get-Help> <folder for Markdown>");
    return 2;
}

// The engine first: what it refers to lies beside it, and not beside the cmdlets.
var engine = Assembly.LoadFrom(Path.GetFullPath(enginePath));
var documentation = XmlDocumentation.Load(new[] { cmdletsPath, enginePath, modelPath }.Select(path => Path.ChangeExtension(path, ".xml")));
var commands = Assembly.LoadFrom(Path.GetFullPath(cmdletsPath)).GetExportedTypes()
    .Where(type => type.GetCustomAttribute<CmdletAttribute>() is not null)
    .OrderBy(type => type.Name, StringComparer.Ordinal)
    .Select(type => new CommandHelp(type, documentation))
    .ToList();
var cmdletTable = new CmdletTable(commands);
var tables = new Dictionary<string, TopicTable>
{
    ["cmdlets"] = cmdletTable.ToTopicTable(),
    ["errors"] = ErrorTable.Of(documentation),
    ["runtimes"] = RuntimeTable.Of(engine, documentation),
};

var pageFolder = Directory.CreateDirectory(Path.Combine(docsFolder, "cmdlets")).FullName;
Directory.CreateDirectory(helpFolder);
new MamlFile(commands, pagesUri).Write(Path.Combine(helpFolder, Path.GetFileName(cmdletsPath) + "-Help.xml"));
foreach (var topic in Topic.ReadAll(topicFolder, tables, commands))
{
    topic.WriteText(helpFolder);
    topic.WritePage(docsFolder);
}

cmdletTable.WriteIndex(pageFolder);
foreach (var command in commands)
    new MarkdownPage(command, commands).Write(pageFolder);
return 0;
