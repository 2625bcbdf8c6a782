# The module as PowerShell finds and loads it.
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
}
