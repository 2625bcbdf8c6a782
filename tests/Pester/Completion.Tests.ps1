# What the Tab key offers.
BeforeDiscovery {
    $script:Lines = @(
        @{ Line = 'Get-Pod -Namespace sh'; Expected = 'shop' }
        @{ Line = 'Get-Pod -Namespace shop web-'; Expected = 'web-1' }
        @{ Line = 'Get-Pod -NodeName no'; Expected = 'node1' }
        @{ Line = 'Invoke-ContainerCheckpoint web-1 -Namespace shop -ContainerName '; Expected = 'app' }
        @{ Line = 'Test-CheckpointSupport no'; Expected = 'node1' }
        @{ Line = 'Test-CheckpointArchive x.tar -NodeName no'; Expected = 'node3' }
        @{ Line = 'Restore-Pod x.tar -NodeName '; Expected = 'node2' }
        @{ Line = 'Move-Pod web-1 -Namespace shop -NodeName '; Expected = 'node2' }
        @{ Line = 'Move-Pod -Namespace shop web-'; Expected = 'web-1' }
        @{ Line = 'Test-PodRestore -Namespace shop web-'; Expected = 'web-2' }
        @{ Line = 'New-RestoreImage x.tar -TargetRuntime '; Expected = 'Containerd' }
        @{ Line = 'New-RestoreImage x.tar -Compression '; Expected = 'Zstd' }
        @{ Line = 'Test-RestoreImage r.local/a -TargetRuntime Cr'; Expected = 'CriO' }
        @{ Line = 'Grant-CheckpointAccess alice -Task Ch'; Expected = 'Checkpoint' }
        @{ Line = 'Grant-CheckpointAccess alice -Namespace sh'; Expected = 'shop' }
    )
}

BeforeAll {
    # Completers give up after a second or two; the first call also compiles the module and opens a connection.
    $null = Get-Pod -AllNamespaces
}

Describe 'Completion' {
    It 'of <Line> offers <Expected>' -ForEach $Lines {
        Get-Completion $Line | Should -Contain $Expected
    }

    It 'offers the names of processes in an archive' {
        Get-Completion "Get-CheckpointProcess $(Join-Path $PSScriptRoot '../fixtures/archives/zoo-crio.tar') -Name zoo-z" | Should -Contain 'zoo-zombie'
    }

    It 'offers the tags of a repository' {
        $image = Get-Pod web-1 -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination (Join-Path $TestDrive 'cp') |
            New-RestoreImage -Repository (Get-Repository)
        Get-Completion "Get-RestoreImage $(Get-Repository) -Tag web" | Should -Contain ($image.Reference -split ':')[-1]
    }
}
