namespace KubeCheckpoint.Criu.Documents;

/// <summary>A name and a value in a <see cref="CriuObject"/>.</summary>
/// <param name="Name">The name, as the definitions and crit have it.</param>
/// <param name="Value">The value.</param>
public readonly record struct CriuProperty(string Name, object Value);
