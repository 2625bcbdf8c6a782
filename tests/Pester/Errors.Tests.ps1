# Errors as a script sees them.
BeforeAll {
    $script:Repository = Get-Repository errors
    $script:Folder = Join-Path $TestDrive 'cp'
    $null = Get-Pod web-1 -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination $Folder
    $null = New-RestoreImage $Folder -Repository $Repository
}

Describe 'An error' {
    It 'of <Script> has the id <Id> and says what to do' -ForEach @(
        @{ Script = { Restore-Pod $Folder }; Id = 'RepositoryMissing' }
        @{ Script = { Test-PodRestore web-1 -Namespace shop }; Id = 'RepositoryMissing' }
        @{ Script = { Move-Pod web-1 -Namespace shop -NodeName node2 -Repository $Repository }; Id = 'MoveOwnerUnsupported' }
        @{ Script = { Test-CheckpointSupport nosuch }; Id = 'NodeNotFound' }
        @{ Script = { Get-RestoreImage $Repository nosuch }; Id = 'RestoreImageNotFound' }
    ) {
        $ErrorActionPreference = 'Continue'
        $problem = & $Script 2>&1 | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] } | Select-Object -First 1
        $problem.FullyQualifiedErrorId | Should -Match "^\w*$Id"
        $problem.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    }
}
