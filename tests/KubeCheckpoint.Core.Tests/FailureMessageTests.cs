namespace KubeCheckpoint.Core.Tests;

/// <summary>Rules for the messages of all failures.</summary>
public sealed class FailureMessageTests
{
    [Fact]
    public void Messages_of_a_server_cannot_control_the_terminal()
    {
        var failure = new KubeCheckpointException("Id", FailureCategory.ProtocolError, null, "it says \u001b[2J\u0007gone\nnext\u202e line\rover it\r\nlast", "Ask\u001b[2J.");

        Assert.Equal("it says \\u001b[2J\\u0007gone\nnext\\u202e line\nover it\nlast", failure.Message);
        Assert.Equal("Ask\\u001b[2J.", failure.RecommendedAction);
    }
}
