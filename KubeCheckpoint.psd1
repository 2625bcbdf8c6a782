@{
    # The build puts RootModule, TypesToProcess and FormatsToProcess here, and the properties of Directory.Build.props below.
    ModuleVersion          = '0.0.0'
    GUID                   = '5b0f3a86-6f4e-4c0c-9d0b-7a2d1c8e94f7'
    Author                 = '$(Authors)'
    CompanyName            = '$(Company)'
    Copyright              = '$(Copyright). MIT license.'
    Description            = '$(ModuleDescription)'
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
        'Get-CheckpointLeftover'
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
        'Initialize-CheckpointNode'
        'Invoke-ContainerCheckpoint'
        'Move-Pod'
        'New-RestoreImage'
        'Publish-RestoreImage'
        'Remove-CheckpointLeftover'
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
            ProjectUri   = '$(RepositoryUrl)'
            LicenseUri   = '$(LicenseUri)'
            IconUri      = '$(IconUri)'
            ReleaseNotes = '$(ReleaseNotesUri)'
        }
    }
}
