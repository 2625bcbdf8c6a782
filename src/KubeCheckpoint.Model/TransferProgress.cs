namespace KubeCheckpoint;

/// <summary>The progress of a long operation.</summary>
/// <param name="Activity">What is being done, such as <c>Saving checkpoint-web_shop-app.tar</c>.</param>
/// <param name="Status">The current step, or null.</param>
/// <param name="Done">How much is done, in bytes.</param>
/// <param name="Total">How much there is, in bytes, or null where it is not known.</param>
public sealed record TransferProgress(string Activity, string? Status, long Done, long? Total);
