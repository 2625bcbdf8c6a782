using System.Management.Automation;
using KubeCheckpoint.Archives.Search;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Finds text, bytes and regular expressions in the memory of checkpointed processes.</summary>
/// <remarks>
/// <para>Patterns are regular expressions, or plain text with -SimpleMatch. As with Select-String, case is ignored unless -CaseSensitive is
/// given. Text is searched as UTF-8 and as UTF-16, the encoding of .NET, Java and JavaScript. Matches may span pages, maps and pages
/// files.</para>
/// <para>Matches are written as they are found: by process in the order of the process tree, then by address. Memory shared by several
/// processes is searched once. Pages that are not in the archive, such as unmodified pages of program files, cannot be searched.</para>
/// <para>For a regular expression, a line ends at a line feed or at a zero byte, so '^', '$', '.' and '\S' stop there. A pattern that
/// contains '\0' or '\x00' sees zero bytes as characters. A byte that is not valid UTF-8 counts as one character. A match is at most 64
/// KiB; a longer one is cut, and the search continues after the cut. Patterns without lookaround and backreferences take linear time.
/// Memory where another pattern takes too long is skipped with an error.</para>
/// <note>Match and Bytes hold the memory as it is, including passwords and terminal control characters. Context is safe to print.</note>
/// </remarks>
/// <example>
/// <code>Search-CheckpointMemory 'password=\S+' ./cp/web.tar</code>
/// <para>Finds text that looks like a password, with its surroundings.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointArchive ./cp | Search-CheckpointMemory 10.13.37.1, evil.example.com -SimpleMatch | Group-Object ArchivePath</code>
/// <para>Finds the archives in a folder that contain an address or a name.</para>
/// </example>
/// <example>
/// <code>Search-CheckpointMemory -Bytes '7f 45 4c 46' -Path ./cp/web.tar -Map anon, heap | Where-Object Permissions -Like '??x?'</code>
/// <para>Finds ELF headers in executable memory that comes from no file.</para>
/// </example>
/// <example>
/// <code>Search-CheckpointMemory BEGIN.*PRIVATE.KEY ./cp/web.tar -Name java -Context 2000 | Select-Object -First 1</code>
/// <para>Stops at the first private key in the memory of a process.</para>
/// </example>
/// <seealso cref="ExportCheckpointMemoryCommand"/>
/// <seealso cref="GetCheckpointMemoryMapCommand"/>
[Cmdlet(VerbsCommon.Search, "CheckpointMemory", DefaultParameterSetName = PathSet, HelpUri = HelpPages.Root + "Search-CheckpointMemory.md")]
[OutputType(typeof(CheckpointMemoryMatch))]
public sealed class SearchCheckpointMemoryCommand : CheckpointProcessCmdlet
{
    private const string BytesInputSet = "BytesInputObject";
    private const string BytesPathSet = "BytesPath";
    private const string BytesLiteralPathSet = "BytesLiteralPath";

    private MemorySearch _search = null!;

    /// <summary>What to search for: regular expressions, or plain text with -SimpleMatch. A match of any pattern is found.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = InputSet)]
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = PathSet)]
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = LiteralPathSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public string[]? Pattern { get; set; }

    /// <summary>The bytes to search for, as numbers or as hexadecimal digits such as 'de ad be ef'.</summary>
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

    /// <summary>Treats the patterns as plain text.</summary>
    [Parameter(ParameterSetName = InputSet)]
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralPathSet)]
    public SwitchParameter SimpleMatch { get; set; }

    /// <summary>Makes matching case-sensitive.</summary>
    [Parameter(ParameterSetName = InputSet)]
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralPathSet)]
    public SwitchParameter CaseSensitive { get; set; }

    /// <summary>The encoding of text in memory.</summary>
    [Parameter(ParameterSetName = InputSet)]
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralPathSet)]
    public MemoryEncoding Encoding { get; set; } = MemoryEncoding.Both;

    /// <summary>How many bytes before and after a match are shown in its Context.</summary>
    [Parameter]
    [ValidateRange(0, MemorySearchOptions.LargestContext)]
    public int Context { get; set; } = 32;

    /// <summary>
    /// The maps to search, by path or kind, such as /usr/lib/*, heap, stack, anon or shmem. Wildcards are allowed. A match must lie within
    /// them. Default: all maps.
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
