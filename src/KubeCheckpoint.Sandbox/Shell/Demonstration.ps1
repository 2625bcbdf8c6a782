# The module's main job, as a user types it. Each line is shown, then run, and its output shown as at a prompt.
param([Parameter(Mandatory)] [string] $Registry)

Import-Module KubeCheckpoint -ErrorAction Stop
if ([Console]::IsOutputRedirected) {
    $PSStyle.OutputRendering = 'PlainText'
}

$lines = @(
    'Get-Pod -Namespace shop'
    "Get-Pod web* -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp |`n" +
        "    New-RestoreImage -Repository $Registry/restore | Restore-Pod -NodeName node2"
    'Get-CheckpointArchive ./cp'
    'Get-CheckpointProcess ./cp -Tree'
    'Get-Pod -Namespace shop'
    'Get-Pod done | Invoke-ContainerCheckpoint    # an ended pod: the error says what to do, and a pipeline would go on'
)
foreach ($line in $lines) {
    "PS> $($line -replace "`n", "`n>>  ")" | Out-Host
    . ([scriptblock]::Create($line)) | Out-Host
    '' | Out-Host
}
