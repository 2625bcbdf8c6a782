# What only a real pwsh shows. The sandbox cluster is started by Invoke-PesterTests.ps1.
BeforeAll {
    $PSStyle.OutputRendering = 'PlainText'
    $script:Registry = (Get-Content (Join-Path $env:KUBECHECKPOINT_TEST_FOLDER 'sandbox.log') | Select-String 'registry (127\.0\.0\.1:\d+)').Matches[0].Groups[1].Value
}

Describe 'The module' {
    It 'is imported when a cmdlet of it is called' {
        Get-Module KubeCheckpoint | Should -BeNullOrEmpty
        Get-Pod -Namespace shop | Should -Not -BeNullOrEmpty
        Get-Module KubeCheckpoint | Should -Not -BeNullOrEmpty
    }

    It 'has a manifest that Test-ModuleManifest accepts' {
        $path = (Get-Module KubeCheckpoint -ListAvailable).Path
        Test-ModuleManifest $path -ErrorAction Stop | ForEach-Object Name | Should -Be 'KubeCheckpoint'
    }
}

Describe 'The views' {
    It 'show pods as kubectl does' {
        $text = Get-Pod web-1 -Namespace shop | Out-String -Width 200
        $text | Should -Match 'NAMESPACE +NAME +READY +STATUS +RESTARTS +AGE +NODE'
        $text | Should -Match 'shop +web-1 +1/1 +Running +0 +\S+ +node1'
    }
}

Describe 'Objects' {
    It 'end the pipeline early with Select-Object -First' {
        $clock = [Diagnostics.Stopwatch]::StartNew()
        Get-Pod -AllNamespaces | Select-Object -First 1 | Should -HaveCount 1
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 5
    }

    It 'convert to JSON with names and values, not with internals' {
        $json = Get-Pod web-1 -Namespace shop | ConvertTo-Json -Depth 3 | ConvertFrom-Json
        $json.PodName | Should -Be 'web-1'
        $json.Containers[0].Name | Should -Be 'app'
        $json.PSObject.Properties.Name | Should -Not -Contain 'Cluster'
    }

    It 'come from kubectl as well' {
        $item = [pscustomobject] @{ metadata = [pscustomobject] @{ name = 'web-2'; namespace = 'shop' } }
        ($item | Invoke-ContainerCheckpoint).ContainerName | Should -Be 'app'
    }

    It 'are made in parallel runspaces' {
        $names = 1..4 | ForEach-Object -Parallel { (Get-Pod web-1 -Namespace shop).PodName } -ThrottleLimit 4
        $names | Should -Be @('web-1', 'web-1', 'web-1', 'web-1')
    }
}

Describe 'Completion' {
    It 'knows <Line>' -ForEach @(
        @{ Line = 'Get-Pod -Namespace sh'; Expected = 'shop' }
        @{ Line = 'Get-Pod -Namespace shop web-'; Expected = 'web-1' }
        @{ Line = 'Get-Pod -NodeName no'; Expected = 'node1' }
        @{ Line = 'Invoke-ContainerCheckpoint web-1 -Namespace shop -ContainerName '; Expected = 'app' }
    ) {
        (TabExpansion2 $Line).CompletionMatches.CompletionText | Should -Contain $Expected
    }
}

Describe 'The whole thread' {
    It 'restores pods from their checkpoints' {
        $folder = Join-Path $TestDrive 'cp'
        $pods = Get-Pod web* -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination $folder |
            New-RestoreImage -Repository "$Registry/restore" | Restore-Pod -NodeName node2
        $pods.Status | Should -Be @('Running', 'Running')
        $pods.NodeName | Should -Be @('node2', 'node2')
        (Get-CheckpointArchive $folder).PodName | Sort-Object | Should -Be @('web-1', 'web-2')
    }

    It 'gives a manifest that can be sent to kubectl' {
        $image = Get-Pod web-1 -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination (Join-Path $TestDrive 'm') |
            New-RestoreImage -Repository "$Registry/restore"
        $manifest = $image | Restore-Pod -AsManifest | ConvertTo-Json -Depth 50 | ConvertFrom-Json
        $manifest.kind | Should -Be 'Pod'
        $manifest.spec.containers[0].image | Should -Match '^127\.0\.0\.1:\d+/restore@sha256:[0-9a-f]{64}$'
    }
}

Describe 'What is in an archive' {
    BeforeAll {
        $script:Archives = Join-Path $PSScriptRoot '../fixtures/archives'
        $script:Zoo = Join-Path $Archives 'zoo-crio.tar'
    }

    It 'is drawn as a tree of processes' {
        Get-CheckpointProcess $Zoo -Tree | Out-String -Width 200 | Should -Match '[├└]─ zoo-sleeper'
    }

    It 'is asked from objects of Get-ChildItem and of its own cmdlets' {
        Get-ChildItem $Zoo | Get-CheckpointProcess -Name zoo-main | Get-CheckpointSocket | Should -Not -BeNullOrEmpty
        Get-CheckpointMemoryMap $Zoo | Where-Object IsAnonymousExecutable | Export-CheckpointMemory -AsHex | Select-Object -First 1 | Should -Match '^[0-9a-f]+: '
    }

    It 'goes through JSON and back byte for byte' {
        $image = Join-Path $TestDrive 'files.img'
        ConvertFrom-CriuImage $Zoo -Member checkpoint/files.img | ConvertTo-Json -Depth 20 | ConvertFrom-Json | ConvertTo-CriuImage -Destination $image | Out-Null
        $expanded = Expand-CheckpointArchive $Zoo -Member checkpoint/files.img -Destination (Join-Path $TestDrive 'out')
        (Get-FileHash $image).Hash | Should -Be (Get-FileHash $expanded.Path).Hash
    }

    It 'is compared like a diff' {
        $text = Compare-CheckpointArchive (Join-Path $Archives 'delta-before-podman.tar.zst') (Join-Path $Archives 'delta-after-podman.tar.zst') | Out-String -Width 200
        $text | Should -Match '\+ Process \d+ delta-new'
        $text | Should -Match '~1001 -0 =1999 pages'
    }

    It 'stops searching when enough was found' {
        Search-CheckpointMemory $Zoo 'KC-' -SimpleMatch | Select-Object -First 2 | Should -HaveCount 2
    }

    It 'completes the names of its processes' {
        (TabExpansion2 "Get-CheckpointProcess $Zoo -Name zoo-z").CompletionMatches.CompletionText | Should -Contain 'zoo-zombie'
    }
}
