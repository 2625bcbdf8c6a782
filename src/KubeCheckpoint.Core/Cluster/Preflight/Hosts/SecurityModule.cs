namespace KubeCheckpoint.Cluster.Preflight.Hosts;

/// <summary>The Linux security module that labels processes; the numbers are CRIU's (inventory.proto, lsmtype).</summary>
internal enum SecurityModule
{
    None = 0,
    SELinux = 1,
    AppArmor = 2,
}
