@{
    RootModule             = 'bin/KubeCheckpoint.dll'
    ModuleVersion          = '0.1.0'
    GUID                   = '5b0f3a86-6f4e-4c0c-9d0b-7a2d1c8e94f7'
    Author                 = 'The KubeCheckpoint authors'
    CompanyName            = 'KubeCheckpoint'
    Copyright              = 'Copyright (c) 2026 The KubeCheckpoint authors. MIT license.'
    Description            = 'Container checkpoints on Kubernetes, their whole life from one prompt: checkpoint, fetch, inspect, make an image, restore.'
    PowerShellVersion      = '7.6'
    CompatiblePSEditions   = @('Core')
    FormatsToProcess       = @(
        'Views/Checks.format.ps1xml'
        'Views/Cluster.format.ps1xml'
        'Views/Comparison.format.ps1xml'
        'Views/CriuImages.format.ps1xml'
        'Views/Descriptors.format.ps1xml'
        'Views/Files.format.ps1xml'
        'Views/Images.format.ps1xml'
        'Views/Logs.format.ps1xml'
        'Views/Memory.format.ps1xml'
        'Views/MemoryExports.format.ps1xml'
        'Views/Pods.format.ps1xml'
        'Views/Preflight.format.ps1xml'
        'Views/Process.format.ps1xml'
    )
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
