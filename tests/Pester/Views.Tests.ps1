# What a user sees at a terminal.
BeforeAll {
    $script:Archives = Join-Path $PSScriptRoot '../fixtures/archives'
    $script:Zoo = Join-Path $Archives 'zoo-crio.tar'
    $script:Repository = Get-Repository views
    $script:Folder = Join-Path $TestDrive 'cp'
    $null = Get-Pod web-1 -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination $Folder
}

Describe 'The view of pods' {
    It 'is that of kubectl' {
        $text = Get-Pod web-1 -Namespace shop | Get-Shown
        $text | Should -Match 'NAMESPACE +NAME +READY +STATUS +RESTARTS +AGE +NODE'
        $text | Should -Match 'shop +web-1 +1/1 +Running +0 +\S+ +node1'
    }

    It 'shows in a list whom requests are made as' {
        $text = Get-Pod web-1 -Namespace shop -As operator -AsGroup dev, system:masters | Format-List | Out-String
        $text | Should -Match '(?m)^As +: operator\s*$'
        $text | Should -Match '(?m)^AsGroup +: dev, system:masters\s*$'
        Get-Pod web-1 -Namespace shop | Format-List | Out-String | Should -Not -Match '(?m)^As'
    }
}

Describe 'The views of restores' {
    It 'fit into 120 columns: <Script>' -ForEach @(
        @{ Script = 'Test-CheckpointSupport'; Header = 'NODE +KUBELET +RUNTIME +CHECKPOINT +SAVE +RESTORE +REASON' }
        @{ Script = 'Test-CheckpointArchive $Folder -NodeName node*'; Header = 'NAMESPACE +POD +CONTAINER +NODE +RUNTIME +RESTORE +REASON' }
        @{ Script = 'New-RestoreImage $Folder -Repository $Repository'; Header = 'POD +CONTAINER +RUNTIME +AGE +SIZE +DIGEST +REFERENCE' }
        @{ Script = 'Get-RestoreImage $Repository | Test-RestoreImage'; Header = 'WHOLE +CRIO +CONTAINERD +PODMAN +ERRORS +WARNINGS +REFERENCE' }
        @{ Script = 'Test-PodRestore web-1 -Namespace shop -Repository $Repository | Format-Table'; Header = 'NAMESPACE +POD +PASSED +NODE +PROBES +FAILED' }
        @{ Script = 'Grant-CheckpointAccess User:alice -Namespace shop'; Header = 'KIND +NAMESPACE +RESULT +NAME' }
    ) {
        $text = & ([scriptblock]::Create($Script)) | Get-Shown
        $text | Should -Match $Header
        $text | Should -Not -Match ([regex]::Escape([char] 0x2026))
        ($text -split '\r?\n' | Measure-Object Length -Maximum).Maximum | Should -BeLessOrEqual 120
    }

    It 'show checks with their remedies' {
        (Test-CheckpointSupport node1).Checks | Get-Shown | Should -Match '(?s)Node: node1.*OUTCOME +SCOPE +CHECK +DETAIL.*Criu .*-> Test-CheckpointSupport -Deep'
    }

    It 'show a drill as a list' {
        Test-PodRestore web-1 -Namespace shop -Repository $Repository | Get-Shown | Should -Match '(?s)Pod +: shop/web-1.*Passed +: True.*Stages +: Checkpoint'
    }
}

Describe 'The views of archives' {
    It 'draw processes as a tree' {
        Get-CheckpointProcess $Zoo -Tree | Get-Shown | Should -Match '[├└]─ zoo-sleeper'
    }

    It 'show a comparison like a diff' {
        $text = Compare-CheckpointArchive (Join-Path $Archives 'delta-before-podman.tar.zst') (Join-Path $Archives 'delta-after-podman.tar.zst') | Get-Shown -Width 200
        $text | Should -Match '\+ Process \d+ delta-new'
        $text | Should -Match '~1001 -0 =1999 pages'
    }
}
