namespace KubeCheckpoint.Images.Registry;

/// <summary>Makes a request again when its failure may pass, a bounded number of times.</summary>
internal sealed class RetrySchedule(RegistryTimings timings)
{
    /// <summary>Returns the first answer that is final, or the last one.</summary>
    /// <param name="send">Makes the request.</param>
    /// <param name="retryBroken">Whether a connection that broke or could not be made is tried again too.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task<RegistryAnswer> RunAsync(Func<Task<RegistryAnswer>> send, bool retryBroken, CancellationToken cancellationToken)
    {
        var delay = timings.FirstDelay;
        for (var attempt = 1; ; attempt++)
        {
            var isLast = attempt >= timings.Attempts;
            var wait = delay;
            try
            {
                var answer = await send().ConfigureAwait(false);
                wait = answer.RetryAfter ?? delay;
                if (!answer.MayPass || isLast || wait > timings.LongestRetryAfter)
                    return answer;
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
