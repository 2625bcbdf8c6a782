using System.Text;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.Cgroups;

/// <summary>
/// A cgroup as ordinary files. What others write to them takes effect at <see cref="Read"/>. The state that is shown in version 1 ends with an empty
/// line, which no reader notices: so a state that was written is known from one that was shown, even if it is the same. A file with a new text takes
/// the place of the old one: a shell reads byte by byte.
/// </summary>
internal sealed class Cgroup : IDisposable
{
    private const int StateLength = 6;

    private readonly Cgroup? _parent;
    private readonly int _version;
    private readonly string _scratch;
    private readonly FileStream? _kill;
    private readonly Dictionary<string, FileStream> _shown = [];
    private FileStream _state;
    private FileStream? _replaced;
    private string _text = "";
    private string _replacedText = "";

    /// <param name="folder">Its folder.</param>
    /// <param name="scratch">The path of a file that is not there.</param>
    /// <param name="version">1 or 2.</param>
    /// <param name="parent">The cgroup of its pod; null for that of a pod.</param>
    public Cgroup(string folder, string scratch, int version, Cgroup? parent)
    {
        _scratch = scratch;
        Folder = PrivateFile.CreateFolder(folder).FullName;
        _version = version;
        _parent = parent;
        _state = Open(Path.Join(Folder, version == 1 ? "freezer.state" : "cgroup.freeze"));
        _kill = version == 1 ? null : Open(Path.Join(Folder, "cgroup.kill"));
        string[] shown = version == 1 ? ["freezer.self_freezing", "freezer.parent_freezing", "cgroup.procs"] : ["cgroup.events", "cgroup.procs"];
        foreach (var name in shown)
            _shown[name] = Open(Path.Join(Folder, name));
        Show();
    }

    public string Folder { get; }

    /// <summary>Whether its own state says that its tasks are frozen.</summary>
    public bool IsSelfFrozen { get; private set; }

    /// <summary>Whether the state of its parent says so.</summary>
    public bool IsParentFrozen => _parent?.IsFrozen == true;

    public bool IsFrozen => IsSelfFrozen || IsParentFrozen;

    /// <summary>Whether someone has written to cgroup.kill.</summary>
    public bool IsKilled { get; private set; }

    /// <summary>Takes over what others have written.</summary>
    public void Read()
    {
        if (_kill is not null && TextOf(_kill).StartsWith('1'))
            IsKilled = true;
        if (_replaced is not null && TextOf(_replaced) is var late && late != _replacedText)
            Accept(_replacedText = late);
        var text = TextOf(_state);
        if (text == _text || text.Trim().Length == 0)
            return;
        Accept(_text = text);
    }

    /// <summary>Freezes or thaws it, as a runtime does.</summary>
    public void Set(bool frozen)
    {
        IsSelfFrozen = frozen;
        if (_version == 2)
            Write(_state, _text = frozen ? "1\n" : "0\n");
        Show();
    }

    /// <summary>Shows that the kernel is about to freeze it.</summary>
    public void ShowFreezing()
    {
        if (_version == 1)
            ShowState("FREEZING\n\n");
    }

    /// <summary>Writes the files that follow from its state, and from that of its parent.</summary>
    public void Show()
    {
        if (_version == 1)
        {
            // Who sees the state FROZEN must find its cause.
            if (!IsFrozen)
                ShowState("THAWED\n\n");
            Write("freezer.self_freezing", IsSelfFrozen ? "1\n" : "0\n");
            Write("freezer.parent_freezing", IsParentFrozen ? "1\n" : "0\n");
            if (IsFrozen)
                ShowState("FROZEN\n\n");
        }
        else
        {
            if (_text.Length == 0)
                Write(_state, _text = "0\n");
            Write("cgroup.events", $"populated 1\nfrozen {(IsFrozen ? 1 : 0)}\n");
        }
    }

    /// <summary>Lists its task.</summary>
    public void ShowProcess(int id) => Write(_shown["cgroup.procs"], $"{id}\n");

    public void Dispose()
    {
        foreach (var file in _shown.Values.Append(_state).Append(_replaced).Append(_kill))
            file?.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private void Accept(string text)
    {
        switch (text.Trim('\0', '\n', ' '))
        {
            case "FROZEN" or "1":
                IsSelfFrozen = true;
                break;
            case "THAWED" or "0":
                IsSelfFrozen = false;
                break;
        }
    }

    // Only the end is written if the state is right: what is written at the same time is not lost.
    private void ShowState(string state)
    {
        if (_text == state)
            return;
        if (_text.StartsWith(state[..StateLength], StringComparison.Ordinal))
            RandomAccess.Write(_state.SafeFileHandle, "\n\n"u8, StateLength);
        else
            ReplaceState(state);
        _text = state;
    }

    // What others write to the old file at this moment is read from it later.
    private void ReplaceState(string state)
    {
        _replaced?.Dispose();
        _replaced = _state;
        _replacedText = _text;
        _state = Replace("freezer.state", state);
    }

    private static FileStream Open(string path) => new(
        path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

    private void Write(string name, string text)
    {
        if (TextOf(_shown[name]) == text)
            return;
        _shown[name].Dispose();
        _shown[name] = Replace(name, text);
    }

    private FileStream Replace(string name, string text)
    {
        var file = Open(_scratch);
        Write(file, text);
        File.Move(_scratch, Path.Join(Folder, name), overwrite: true);
        return file;
    }

    private static void Write(FileStream file, string text)
    {
        RandomAccess.Write(file.SafeFileHandle, Encoding.ASCII.GetBytes(text), 0);
        if (RandomAccess.GetLength(file.SafeFileHandle) > text.Length)
            RandomAccess.SetLength(file.SafeFileHandle, text.Length);
    }

    private static string TextOf(FileStream file)
    {
        Span<byte> buffer = stackalloc byte[64];
        return Encoding.ASCII.GetString(buffer[..RandomAccess.Read(file.SafeFileHandle, buffer, 0)]);
    }
}
