# What a prompt of the sandbox starts with.
param([Parameter(Mandatory)] [string] $Registry)

Import-Module KubeCheckpoint -ErrorAction Stop

@"
This PowerShell has the module KubeCheckpoint and, as its current context, an emulated cluster. No container runs in it, and nothing
outside this session is changed. Files you save go into a temporary folder, the current location. 'exit' removes it all.

Three things to try:

  Get-Pod -AllNamespaces

  Get-Pod web* -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp |
      New-RestoreImage -Repository $Registry/restore | Restore-Pod -NodeName node2

  Get-CheckpointProcess ./cp -Tree

"@ | Out-Host
