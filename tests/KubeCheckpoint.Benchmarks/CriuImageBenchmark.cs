using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Benchmarks.Measuring;
using KubeCheckpoint.Criu.Documents;

namespace KubeCheckpoint.Benchmarks;

/// <summary>Converts a pagemap of 300,000 entries to objects and back, in PowerShell.</summary>
internal static class CriuImageBenchmark
{
    private const int EntryCount = 300_000;

    public static void Run()
    {
        using var folder = new ScratchFolder();
        var image = folder.PathOf("pagemap-1.img");
        CriuImageFiles.Write(image, false, "PAGEMAP", null, Entries(), CancellationToken.None);
        using var runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
        runspace.Open();
        var module = typeof(CriuImageBenchmark).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(item => item.Key == "ModulePath").Value!;
        Script(runspace, "Import-Module $args[0]", module);
        new Contest("a pagemap of 300,000 entries", 7)
            .Enter("sequential read", () => SequentialRead.Run(image))
            .Enter("ConvertFrom-CriuImage", () => Script(runspace, "$image = ConvertFrom-CriuImage $args[0]", image))
            .Enter("the same, and every entry looked at", () => Script(runspace, "$n = 0; foreach ($entry in (ConvertFrom-CriuImage $args[0]).Entries) { $n++ }", image))
            .Enter("ConvertFrom-CriuImage | ConvertTo-CriuImage", () => Script(runspace, "ConvertFrom-CriuImage $args[0] | ConvertTo-CriuImage $args[1] -Force", image, folder.PathOf("again.img")))
            .Run();
        if (!File.ReadAllBytes(image).AsSpan().SequenceEqual(File.ReadAllBytes(folder.PathOf("again.img"))))
            throw new InvalidOperationException("The image did not come back byte for byte.");
    }

    private static IEnumerable<CriuObject> Entries()
    {
        var random = new Random(1);
        var address = 0x7f00_0000_0000UL;
        yield return Entry(("pages_id", 1));
        for (var i = 0; i < EntryCount; i++)
        {
            var pages = (ulong)random.Next(1, 500);
            yield return Entry(("vaddr", address), ("compat_nr_pages", 0), ("flags", 4), ("nr_pages", pages));
            address += (pages + 1) * 4096;
        }
    }

    private static CriuObject Entry(params (string Name, object Value)[] fields)
    {
        var entry = new CriuObject();
        foreach (var (name, value) in fields)
            entry.Add(name, value);
        return entry;
    }

    private static void Script(Runspace runspace, string script, params string[] arguments)
    {
        using var shell = PowerShell.Create(runspace);
        shell.AddScript(script);
        foreach (var argument in arguments)
            shell.AddArgument(argument);
        shell.Invoke();
        if (shell.HadErrors)
            throw new InvalidOperationException(shell.Streams.Error[0].ToString());
    }
}
