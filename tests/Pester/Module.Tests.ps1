# The module as PowerShell finds and loads it.
BeforeAll {
    $script:WhereTheEngineIs = '(Get-Pod web-1 -Namespace shop).PodName; Split-Path ([AppDomain]::CurrentDomain.GetAssemblies() | Where-Object FullName -Like "KubeCheckpoint.Core,*").Location | Split-Path -Leaf'
}

Describe 'The module' {
    It 'is imported when one of its cmdlets is called' {
        Get-Module KubeCheckpoint | Should -BeNullOrEmpty
        Get-Pod -Namespace shop | Should -Not -BeNullOrEmpty
        Get-Module KubeCheckpoint | Should -Not -BeNullOrEmpty
    }

    It 'has a manifest that Test-ModuleManifest accepts' {
        $path = (Get-Module KubeCheckpoint -ListAvailable).Path
        Test-ModuleManifest $path -ErrorAction Stop | ForEach-Object Name | Should -Be 'KubeCheckpoint'
    }

    It 'can be imported again with -Force' {
        Import-Module KubeCheckpoint -Force
        Get-Pod web-1 -Namespace shop | Should -HaveCount 1
    }

    It 'runs code compiled for the platform' {
        Invoke-NewPowerShell "Import-Module KubeCheckpoint; $WhereTheEngineIs" | Should -Match '^web-1\r?\n(win|linux|osx)-(x64|arm64)$'
    }

    It 'runs its IL where no code was compiled for the platform' {
        $copy = Join-Path $TestDrive 'KubeCheckpoint'
        Copy-Item (Get-Module KubeCheckpoint -ListAvailable).ModuleBase $copy -Recurse
        Get-ChildItem (Join-Path $copy 'bin' 'core') -Directory | Remove-Item -Recurse
        Invoke-NewPowerShell "Import-Module '$copy'; $WhereTheEngineIs" | Should -Match '^web-1\r?\ncore$'
    }
}
