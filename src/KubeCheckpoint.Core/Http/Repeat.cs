namespace KubeCheckpoint.Http;

/// <summary>When a request may be sent again after it has failed.</summary>
internal enum Repeat
{
    /// <summary>Never: a second request could do something twice, and the caller decides.</summary>
    Never,

    /// <summary>After a response that says that the server has not executed it (429), and where no connection was made.</summary>
    IfRefused,

    /// <summary>After every transient failure: the request reads, or has the same effect when it is executed twice.</summary>
    Always,
}
