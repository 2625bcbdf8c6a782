namespace KubeCheckpoint.Sandbox.Tests;

/// <summary>Waits for background work. The limit only ends a broken test.</summary>
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
