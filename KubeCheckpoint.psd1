@{
    # The build adds RootModule, TypesToProcess and FormatsToProcess: the files they name exist in the built module only.
    ModuleVersion          = '0.2.0'
    GUID                   = '5b0f3a86-6f4e-4c0c-9d0b-7a2d1c8e94f7'
    Author                 = 'The KubeCheckpoint authors'
    CompanyName            = 'KubeCheckpoint'
    Copyright              = 'Copyright (c) 2026 The KubeCheckpoint authors. MIT license.'
    Description            = 'Container checkpoints on Kubernetes, their whole life from one prompt: checkpoint, fetch, inspect, make an image, restore.'
    PowerShellVersion      = '7.6'
    CompatiblePSEditions   = @('Core')
    CmdletsToExport        = @(
        'Compare-CheckpointArchive'
        'ConvertFrom-CriuImage'
        'ConvertTo-CriuImage'
        'Expand-CheckpointArchive'
        'Export-CheckpointCoreDump'
        'Export-CheckpointMemory'
        'Get-CheckpointArchive'
        'Get-CheckpointFileChange'
        'Get-CheckpointLog'
        'Get-CheckpointMemoryMap'
        'Get-CheckpointMount'
        'Get-CheckpointOpenFile'
        'Get-CheckpointProcess'
        'Get-CheckpointSocket'
        'Get-CheckpointStatistic'
        'Get-Pod'
        'Get-RestoreImage'
        'Grant-CheckpointAccess'
        'Invoke-ContainerCheckpoint'
        'Move-Pod'
        'New-RestoreImage'
        'Publish-RestoreImage'
        'Restore-Pod'
        'Save-CheckpointArchive'
        'Search-CheckpointMemory'
        'Test-CheckpointArchive'
        'Test-CheckpointSupport'
        'Test-PodRestore'
        'Test-RestoreImage'
    )
    FunctionsToExport      = @()
    AliasesToExport        = @()
    VariablesToExport      = @()
    PrivateData            = @{
        PSData = @{
            Tags         = @('Kubernetes', 'Checkpoint', 'CRIU', 'CRI-O', 'containerd', 'Forensics', 'Windows', 'MacOS', 'Linux', 'PSEdition_Core')
            LicenseUri   = 'https://opensource.org/license/mit'
        }
    }
}
