using System.Management.Automation;
using KubeCheckpoint.Archives.Search;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Finds text or bytes in the memory of the processes in checkpoint archives.</summary>
/// <remarks>
/// <para>Patterns are regular expressions, or texts with -SimpleMatch, and small letters are as good as capitals without -CaseSensitive,
/// as with Select-String. Text is looked for as UTF-8 and as UTF-16, which .NET, Java and JavaScript use, unless -Encoding says which.
/// Matches are found wherever bytes follow each other in memory: across pages, maps and pages files.</para>
/// <para>Matches come as they are found: by process in the order of the process tree, then by address. Memory that several processes
/// share is searched once, with the first of them that is searched. Pages that are not in the archive, such as those of program files
/// nobody wrote to, cannot be searched.</para>
/// <para>To a regular expression memory is text whose lines end at a line feed or at a zero, so that ^, $, . and \S end there; a pattern
/// that names \0 or \x00 sees zeros as zeros. A byte that is no UTF-8 counts as one character. A match has at most 64 KiB; a longer one is
/// cut, and what is behind the cut is searched on. Patterns without look-around and references to groups take linear time, whatever lies
/// in memory; with them, memory that takes too long is left out with an error.</para>
/// <para>Match and Bytes are what is in memory, passwords too, and may hold what a terminal obeys. Context is safe to show.</para>
/// </remarks>
/// <example>
/// <code>Search-CheckpointMemory 'password=\S+' ./cp/web.tar</code>
/// <para>Finds what looks like passwords, and what stands around them.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointArchive ./cp | Search-CheckpointMemory 10.13.37.1, evil.example.com -SimpleMatch | Group-Object ArchivePath</code>
/// <para>Says which archives of a folder know an address or a name.</para>
/// </example>
/// <example>
/// <code>Search-CheckpointMemory ./cp/web.tar -Bytes '7f 45 4c 46' -Map anon, heap | Where-Object Permissions -Like '??x?'</code>
/// <para>Finds ELF headers in executable memory that is no file's.</para>
/// </example>
/// <example>
/// <code>Search-CheckpointMemory BEGIN.*PRIVATE.KEY ./cp/web.tar -Name java -Context 2000 | Select-Object -First 1</code>
/// <para>Stops at the first private key in the memory of a process.</para>
/// </example>
[Cmdlet(VerbsCommon.Search, "CheckpointMemory", DefaultParameterSetName = PathSet)]
[OutputType(typeof(CheckpointMemoryMatch))]
public sealed class SearchCheckpointMemoryCommand : CheckpointProcessCmdlet
{
    private const string BytesInputSet = "BytesInputObject";
    private const string BytesPathSet = "BytesPath";
    private const string BytesLiteralPathSet = "BytesLiteralPath";

    private MemorySearch _search = null!;

    /// <summary>What to look for: regular expressions, or text with -SimpleMatch. What matches any of them is found.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = InputSet)]
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = PathSet)]
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = LiteralPathSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public string[]? Pattern { get; set; }

    /// <summary>The bytes to look for, instead of a pattern: numbers, or hexadecimal digits such as 'de ad be ef'.</summary>
    [Parameter(Mandatory = true, ParameterSetName = BytesInputSet)]
    [Parameter(Mandatory = true, ParameterSetName = BytesPathSet)]
    [Parameter(Mandatory = true, ParameterSetName = BytesLiteralPathSet)]
    [ValidateNotNullOrEmpty]
    [HexBytesTransformation]
    public byte[]? Bytes { get; set; }

    /// <inheritdoc/>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InputSet)]
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = BytesInputSet)]
    public override CheckpointArchive? InputObject { get; set; }

    /// <inheritdoc/>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = PathSet)]
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = BytesPathSet)]
    [SupportsWildcards]
    [ArchivePathTransformation]
    public override string[]? Path { get; set; }

    /// <inheritdoc/>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = LiteralPathSet)]
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = BytesLiteralPathSet)]
    [Alias("PSPath", "FullName", "LP", "ArchivePath")]
    public override string[]? LiteralPath { get; set; }

    /// <summary>Takes the patterns as text, not as regular expressions.</summary>
    [Parameter(ParameterSetName = InputSet)]
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralPathSet)]
    public SwitchParameter SimpleMatch { get; set; }

    /// <summary>Makes matching case-sensitive.</summary>
    [Parameter(ParameterSetName = InputSet)]
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralPathSet)]
    public SwitchParameter CaseSensitive { get; set; }

    /// <summary>As what memory is read: Utf8, Utf16 (little-endian), Both, or Latin1, where every byte is a character.</summary>
    [Parameter(ParameterSetName = InputSet)]
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralPathSet)]
    public MemoryEncoding Encoding { get; set; } = MemoryEncoding.Both;

    /// <summary>How many bytes before and behind a match its Context shows.</summary>
    [Parameter]
    [ValidateRange(0, MemorySearchOptions.LargestContext)]
    public int Context { get; set; } = 32;

    /// <summary>
    /// Only the maps of these paths or kinds, such as /usr/lib/*, heap, stack, anon or shmem; wildcards are allowed. A match has to lie
    /// in them whole.
    /// </summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(MapCompleter))]
    public string[]? Map { get; set; }

    private protected override void Begin() => _search = MemorySearch.Create(new MemorySearchOptions
    {
        Patterns = Pattern ?? [],
        Bytes = Bytes ?? [],
        SimpleMatch = SimpleMatch,
        CaseSensitive = CaseSensitive,
        Encoding = Encoding,
        Context = Context,
    });

    private protected override async Task ReadAsync(string path, CancellationToken cancellationToken)
    {
        using var progress = Output.OpenProgress();
        var scope = new MemorySearchScope(this.ToFilter(), new MapPatterns(Map).IsMatch);
        await foreach (var match in _search.FindAsync(path, scope, failure => Output.WriteErrorAsync(failure.ToErrorRecord(path)), progress, cancellationToken))
            await Output.WriteObjectAsync(match);
    }
}
