namespace KubeCheckpoint.Images.Registry;

/// <summary>Repeats a request after transient failures, a limited number of times.</summary>
internal sealed class RetrySchedule(RegistryTimings timings)
{
    /// <summary>Returns the first response that is final, or the last one.</summary>
    /// <param name="send">Sends the request.</param>
    /// <param name="retryBroken">Whether connection failures are repeated too.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    public async Task<RegistryResponse> RunAsync(Func<Task<RegistryResponse>> send, bool retryBroken, CancellationToken cancellationToken)
    {
        var delay = timings.FirstDelay;
        for (var attempt = 1; ; attempt++)
        {
            var isLast = attempt >= timings.Attempts;
            var wait = delay;
            try
            {
                var response = await send().ConfigureAwait(false);
                wait = response.RetryAfter ?? delay;
                if (!response.IsTransient || isLast || wait > timings.LongestRetryAfter)
                    return response;
            }
            catch (HttpRequestException) when (retryBroken && !isLast)
            {
                // The last one is thrown.
            }
            await Task.Delay(wait, cancellationToken).ConfigureAwait(false);
            delay *= 2;
        }
    }
}
