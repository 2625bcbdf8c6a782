using System.Collections;
using System.Management.Automation;

namespace KubeCheckpoint.Parameters;

/// <summary>A CRIU image from the pipeline: a CriuImage, its JSON through ConvertFrom-Json, or the JSON of crit.</summary>
/// <param name="Type">The type by its name.</param>
/// <param name="Family">The magic before the type's own by its name, or null.</param>
/// <param name="FileName">What CRIU called the file, or null where the object does not say.</param>
/// <param name="Entries">The entries.</param>
internal sealed record CriuImageInput(string Type, string? Family, string? FileName, IReadOnlyList<object?> Entries)
{
    /// <summary>The image an object stands for.</summary>
    public static CriuImageInput From(PSObject input)
    {
        if (input.BaseObject is CriuImage image)
            return new CriuImageInput(image.Type, image.Family, FileNameOf(image.Member ?? image.Path), Peek(image.Entries));
        // crit calls the type after its magic.
        if ((PodInput.Text(input, "Type") ?? PodInput.Text(input, "magic")) is not { } type || PodInput.Property(input, "Entries") is not { } entries)
            throw ParameterFailure.InputNotACriuImage(input.BaseObject);
        var fileName = FileNameOf(PodInput.Text(input, "Member") ?? PodInput.Text(input, "Path"));
        return new CriuImageInput(type, PodInput.Text(input, "Family"), fileName, List(entries));
    }

    // Entries nobody has looked at need not become objects on the way.
    private static object?[] Peek(CriuEntryCollection entries) => [.. Enumerable.Range(0, entries.Count).Select(entries.Peek)];

    private static object?[] List(object entries) =>
        (entries is PSObject wrapped ? wrapped.BaseObject : entries) switch
        {
            CriuEntryCollection ours => Peek(ours),
            IDictionary or string => [entries],
            IEnumerable many => [.. many.Cast<object?>()],
            _ => [entries],
        };

    // The name comes out of an archive: only one that CRIU could have given names a file.
    private static string? FileNameOf(string? path)
    {
        var name = path?[(path.LastIndexOfAny(['/', '\\']) + 1)..];
        return name is not null && name.EndsWith(".img", StringComparison.Ordinal) && name.Length > ".img".Length
            && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.' or '_') ? name : null;
    }
}
