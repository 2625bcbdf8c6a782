using System.Globalization;
using System.Net;
using KubeCheckpoint.Http;

namespace KubeCheckpoint.Core.Tests.Http;

/// <summary>When requests are repeated, and after which delay.</summary>
public sealed class RepetitionTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly HttpTimings _timings = new() { Attempts = 6, FirstDelay = TimeSpan.FromSeconds(2), LongestDelay = TimeSpan.FromSeconds(5) };

    [Theory]
    [InlineData("0", 0.0)]
    [InlineData(" 7 ", 7.0)]
    [InlineData("99999999999999999999", 31536000.0)]
    [InlineData("Sun, 01 Nov 2026 12:00:30 GMT", 30.0)]
    [InlineData("Wed, 21 Oct 2015 07:28:00 GMT", 0.0)]
    [InlineData("Wed, 21 Oct 2099 07:28:00 GMT", 31536000.0)]
    [InlineData("-5", null)]
    [InlineData("1.5", null)]
    [InlineData("soon", null)]
    [InlineData("", null)]
    public void The_header_for_a_later_attempt_is_understood(string value, double? seconds)
    {
        using var response = new HttpResponseMessage();
        response.Headers.TryAddWithoutValidation("Retry-After", value);

        Assert.Equal(seconds, RetryAfter.Read(response.Headers, Now)?.TotalSeconds);
    }

    [Fact]
    public void Delays_double_between_a_floor_and_a_limit_and_are_drawn_at_random()
    {
        var runs = Enumerable.Range(0, 100).Select(_ => Delays(new Backoff(_timings))).ToList();

        Assert.All(runs, delays =>
        {
            Assert.Equal(5, delays.Count);
            Assert.InRange(delays[0], 1, 2);
            Assert.InRange(delays[1], 1, 4);
            Assert.All(delays.Skip(2), delay => Assert.InRange(delay, 1, 5));
        });
        Assert.True(runs.Select(delays => delays[4]).Distinct().Count() > 50);
        Assert.Contains(runs, delays => delays[4] > 4);
    }

    [Theory]
    [InlineData(0, 1, 2)]
    [InlineData(30, 30, 31)]
    public void A_server_lengthens_the_delay_and_never_shortens_it(int retryAfter, double least, double most) =>
        Assert.InRange(new Backoff(_timings).Next(TimeSpan.FromSeconds(retryAfter))!.Value.TotalSeconds, least, most);

    [Fact]
    public void A_server_that_wants_too_long_a_delay_is_given_up() =>
        Assert.Null(new Backoff(_timings).Next(_timings.LongestRetryAfter + TimeSpan.FromSeconds(1)));

    [Fact]
    public void No_attempt_begins_after_the_time_for_all_of_them()
    {
        var clock = new ManualClock();
        var backoff = new Backoff(_timings with { Clock = clock });

        Assert.NotNull(backoff.Next());
        clock.Advance(_timings.LongestRepetition);
        Assert.Null(backoff.Next());
    }

    [Fact]
    public void Only_enough_progress_begins_the_count_anew()
    {
        var timings = _timings with { Progress = 1000 };
        var slow = new Backoff(timings);
        var slowDelays = 0;
        for (; slow.Next() is not null; slowDelays++)
            slow.Advance(1);
        var quick = new Backoff(timings);
        for (var failure = 0; failure < 50; failure++)
        {
            Assert.NotNull(quick.Next());
            quick.Advance(1000);
        }

        Assert.Equal(5, slowDelays);
    }

    [Fact]
    public async Task A_cancellation_ends_a_wait_at_once()
    {
        using var source = new CancellationTokenSource();
        var wait = new Backoff(_timings).WaitAsync(TimeSpan.FromHours(1), "x", source.Token);

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task A_wait_is_reported_with_its_reason()
    {
        var notices = new List<string>();
        await Task.Run(async () =>
        {
            RequestNotices.SendTo(notices.Add);
            var schedule = new RetrySchedule(new() { FirstDelay = TimeSpan.FromMilliseconds(2) });
            var reply = await schedule.RunAsync(
                "The server", () => Task.FromResult(new Reply(HttpStatusCode.BadGateway)), _ => true, _ => true, CancellationToken.None);
            Assert.Equal(HttpStatusCode.BadGateway, reply.Status);
        });

        Assert.Equal(3, notices.Count);
        Assert.StartsWith("The server responded with status 502. Attempt 2 of 4 follows in 0", notices[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("a\0b", "NUL")]
    [InlineData("a\r\nb", "line break")]
    [InlineData("a b", "space")]
    [InlineData("a\u001bb", "control")]
    [InlineData("a€b", "not ASCII")]
    [InlineData("a\ud800b", "not ASCII")]
    [InlineData("eyJhbGciOi.J9_-~+/=", null)]
    public void A_token_that_cannot_be_sent_is_described_without_it(string token, string? problem)
    {
        var found = HeaderText.FindProblem(token);

        if (problem is null)
            Assert.Null(found);
        else
            Assert.Contains(problem, found, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://r.io/x", "https://R.io:443/y", true)]
    [InlineData("https://r.io", "http://r.io:443", false)]
    [InlineData("https://r.io", "https://r.io:8443", false)]
    [InlineData("https://r.io", "https://r.io.evil.io", false)]
    [InlineData("https://r.io", "https://r.io@evil.io", false)]
    public void An_origin_is_scheme_host_and_port(string one, string other, bool areSame) =>
        Assert.Equal(areSame, Origin.AreSame(new(one), new(other)));

    private static List<double> Delays(Backoff backoff)
    {
        var delays = new List<double>();
        while (backoff.Next() is { } delay)
            delays.Add(delay.TotalSeconds);
        return delays;
    }

    private sealed record Reply(HttpStatusCode Status) : ITransientReply
    {
        public TimeSpan? RetryAfter => null;

        public override string ToString() => ((int)Status).ToString(CultureInfo.InvariantCulture);
    }

    private sealed class ManualClock : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Advance(TimeSpan time) => _ticks += time.Ticks;
    }
}
