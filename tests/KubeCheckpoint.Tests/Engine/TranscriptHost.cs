using System.Collections.Concurrent;
using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Management.Automation.Internal;
using System.Security;

namespace KubeCheckpoint.Tests.Engine;

/// <summary>A PowerShell host that writes its output to a writer, keeps progress records, and answers confirmations.</summary>
/// <param name="writer">Receives output, errors and warnings as a user sees them.</param>
internal sealed class TranscriptHost(TextWriter writer) : PSHost
{
    private const int Width = 160;

    private readonly TranscriptUI _ui = new(writer);

    /// <summary>Every progress record, in order.</summary>
    public IReadOnlyCollection<ProgressRecord> Progress => _ui.Progress;

    /// <summary>Answers questions: receives the question, returns the index of the choice. Default: the first choice.</summary>
    public Func<string, int> Answer { get => _ui.Answer; set => _ui.Answer = value; }

    /// <inheritdoc/>
    public override CultureInfo CurrentCulture => CultureInfo.InvariantCulture;

    /// <inheritdoc/>
    public override CultureInfo CurrentUICulture => CultureInfo.InvariantCulture;

    /// <inheritdoc/>
    public override Guid InstanceId { get; } = Guid.NewGuid();

    /// <inheritdoc/>
    public override string Name => "KubeCheckpoint tests";

    /// <inheritdoc/>
    public override PSHostUserInterface UI => _ui;

    /// <inheritdoc/>
    public override Version Version => new(1, 0);

    /// <inheritdoc/>
    public override void EnterNestedPrompt() => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void ExitNestedPrompt() => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void NotifyBeginApplication()
    {
    }

    /// <inheritdoc/>
    public override void NotifyEndApplication()
    {
    }

    /// <inheritdoc/>
    public override void SetShouldExit(int exitCode)
    {
    }

    private sealed class TranscriptUI(TextWriter writer) : PSHostUserInterface
    {
        public ConcurrentQueue<ProgressRecord> Progress { get; } = new();

        public Func<string, int> Answer { get; set; } = _ => 0;

        public override PSHostRawUserInterface RawUI { get; } = new WideRawUI();

        public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions) =>
            throw new NotSupportedException();

        public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice) =>
            Answer(message);

        public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) =>
            throw new NotSupportedException();

        public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName, PSCredentialTypes allowedCredentialTypes, PSCredentialUIOptions options) =>
            throw new NotSupportedException();

        public override string ReadLine() => throw new NotSupportedException();

        public override SecureString ReadLineAsSecureString() => throw new NotSupportedException();

        public override void Write(string value) => writer.Write(Plain(value));

        public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) => writer.Write(Plain(value));

        public override void WriteDebugLine(string message) => writer.WriteLine(message);

        public override void WriteErrorLine(string value) => writer.WriteLine(Plain(value));

        public override void WriteLine(string value) => writer.WriteLine(Plain(value));

        public override void WriteProgress(long sourceId, ProgressRecord record) => Progress.Enqueue(record);

        public override void WriteVerboseLine(string message) => writer.WriteLine(message);

        public override void WriteWarningLine(string message) => writer.WriteLine(message);

        // Views and errors have colours, which are removed here as in a file.
        private static string Plain(string value) => new StringDecorated(value).ToString(OutputRendering.PlainText);
    }

    private sealed class WideRawUI : PSHostRawUserInterface
    {
        public override ConsoleColor BackgroundColor { get; set; }

        public override Size BufferSize { get; set; } = new(Width, 100);

        public override Coordinates CursorPosition { get; set; }

        public override int CursorSize { get; set; }

        public override ConsoleColor ForegroundColor { get; set; }

        public override bool KeyAvailable => false;

        public override Size MaxPhysicalWindowSize => new(Width, 100);

        public override Size MaxWindowSize => new(Width, 100);

        public override Coordinates WindowPosition { get; set; }

        public override Size WindowSize { get; set; } = new(Width, 100);

        public override string WindowTitle { get; set; } = string.Empty;

        public override void FlushInputBuffer()
        {
        }
        public override BufferCell[,] GetBufferContents(Rectangle rectangle) => throw new NotSupportedException();

        public override KeyInfo ReadKey(ReadKeyOptions options) => throw new NotSupportedException();

        public override void ScrollBufferContents(Rectangle source, Coordinates destination, Rectangle clip, BufferCell fill) =>
            throw new NotSupportedException();

        public override void SetBufferContents(Coordinates origin, BufferCell[,] contents) => throw new NotSupportedException();

        public override void SetBufferContents(Rectangle rectangle, BufferCell fill) => throw new NotSupportedException();
    }
}
