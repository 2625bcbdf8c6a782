using static KubeCheckpoint.Tests.Acceptance.AcceptanceSettings;

namespace KubeCheckpoint.Tests.Acceptance;

/// <summary>A test that is skipped where no cluster is given.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class AcceptanceFactAttribute : FactAttribute
{
    private bool _needsOtherRuntime;

    public AcceptanceFactAttribute()
    {
        if (string.IsNullOrEmpty(KubeConfig))
            Skip = $"{KubeConfigVariable} is not set.";
    }

    /// <summary>Whether the test needs a node with a runtime other than that of the pods' nodes.</summary>
    public bool NeedsOtherRuntime
    {
        get => _needsOtherRuntime;
        set
        {
            _needsOtherRuntime = value;
            if (value && (Setting("OTHER_NODE", "").Length == 0 || Setting("OTHER_RUNTIME", "").Length == 0))
                Skip ??= $"{Prefix}OTHER_NODE and {Prefix}OTHER_RUNTIME do not name a node with another runtime.";
        }
    }
}
