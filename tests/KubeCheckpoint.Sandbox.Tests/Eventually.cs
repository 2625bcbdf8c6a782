namespace KubeCheckpoint.Sandbox.Tests;

/// <summary>Waits for what happens in the background. The limit is there to end a broken test, not to measure.</summary>
internal static class Eventually
{
    public static async Task TrueAsync(Func<bool> condition, string what)
    {
        var end = DateTime.UtcNow.AddSeconds(60);
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < end, $"never happened: {what}");
            await Task.Delay(20);
        }
    }
}
