namespace KubeCheckpoint.Core.Tests.Support;

/// <summary>Expects a failure with an ID.</summary>
internal static class Failing
{
    public static async Task<KubeCheckpointException> WithAsync(string errorId, Func<Task> act)
    {
        var failure = await Assert.ThrowsAsync<KubeCheckpointException>(act);
        Assert.True(failure.ErrorId == errorId, $"{failure.ErrorId} instead of {errorId}: {failure.Message}");
        return failure;
    }
}
