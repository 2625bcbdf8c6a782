namespace KubeCheckpoint;

/// <summary>An extended attribute of a file.</summary>
/// <param name="Name">Its name, such as <c>security.capability</c> or <c>user.origin</c>.</param>
/// <param name="Text">
/// Its value as text: capabilities as getcap shows them, access control lists as getfacl does, other text as it is, everything else in
/// hexadecimal digits. A long value is cut, and its SHA-256 added.
/// </param>
/// <param name="Value">Its value.</param>
public sealed record CheckpointFileXattr(string Name, string Text, byte[] Value)
{
    /// <summary>The name and the value as text.</summary>
    public override string ToString() => TerminalText.Line($"{Name}={Text}");
}
