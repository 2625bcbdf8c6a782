# The package for the PowerShell Gallery, installed from a folder that serves as the gallery, by a user who has nothing yet.
BeforeAll {
    $root = Join-Path $PSScriptRoot '..' '..'
    $gallery = (New-Item (Join-Path $TestDrive 'gallery') -ItemType Directory).FullName
    $packed = dotnet pack (Join-Path $root 'src' 'KubeCheckpoint.Package') -c Release --no-build -o $gallery -p:NativePlatforms= 2>&1
    if ($LASTEXITCODE -ne 0) { throw ($packed -join "`n") }

    $script:UserHome = (New-Item (Join-Path $TestDrive 'home') -ItemType Directory).FullName
    $script:Environment = @{ HOME = $UserHome; XDG_DATA_HOME = $null; XDG_CONFIG_HOME = $null; XDG_CACHE_HOME = $null; PSModulePath = $null }
    $script:Repository = Get-Repository package
    $script:Gallery = $gallery
    $script:Install = "Register-PSResourceRepository KubeCheckpointTest -Uri '$gallery' -Trusted; Install-PSResource KubeCheckpoint -Repository KubeCheckpointTest"
    $script:Remove = 'Uninstall-PSResource KubeCheckpoint; Unregister-PSResourceRepository KubeCheckpointTest'
}

AfterAll {
    $null = Invoke-NewPowerShell $Remove $Environment
}

Describe 'The package' {
    It 'is installed by Install-PSResource' {
        Invoke-NewPowerShell "$Install; (Get-InstalledPSResource KubeCheckpoint).Name" $Environment | Should -Be 'KubeCheckpoint'
    }

    It 'is found as a module that has help and views' {
        $found = Invoke-NewPowerShell '(Get-Module KubeCheckpoint -ListAvailable).ModuleBase; (Get-Help Get-Pod).Synopsis; Get-Pod web-1 -Namespace shop | Out-String' $Environment
        $found | Should -Not -Match ([regex]::Escape((Join-Path $PSScriptRoot '..' '..' 'out' | Resolve-Path).Path))
        $found | Should -Match '(?s)KubeCheckpoint.*\d.*pods.*NAME.*web-1'
    }

    It 'does the main job once installed' {
        $restored = Invoke-NewPowerShell @"
            `$pods = Get-Pod web* -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination '$TestDrive/cp' |
                New-RestoreImage -Repository $Repository | Restore-Pod -NodeName node2 -WarningAction SilentlyContinue
            `$pods | ForEach-Object { "`$(`$_.PodName) `$(`$_.Status) `$(`$_.NodeName)" } | Sort-Object
"@ $Environment
        $restored -split '\r?\n' | Should -Be 'web-1-restored Running node2', 'web-2-restored Running node2'
    }
}
