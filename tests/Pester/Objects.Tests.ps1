# Objects in pipelines with PowerShell's own cmdlets.
BeforeAll {
    $script:Zoo = Join-Path $PSScriptRoot '../fixtures/archives/zoo-crio.tar'
}

Describe 'Pods' {
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

    It 'may come from kubectl' {
        $item = '{ "metadata": { "name": "web-2", "namespace": "shop" } }' | ConvertFrom-Json
        ($item | Invoke-ContainerCheckpoint).ContainerName | Should -Be 'app'
    }

    It 'are read in parallel runspaces' {
        $names = 1..4 | ForEach-Object -Parallel { (Get-Pod web-1 -Namespace shop).PodName } -ThrottleLimit 4
        $names | Should -Be @('web-1', 'web-1', 'web-1', 'web-1')
    }

    It 'are read in a thread job' {
        (Start-ThreadJob { Get-Pod web-1 -Namespace shop } | Receive-Job -Wait -AutoRemoveJob).PodName | Should -Be 'web-1'
    }

    It 'keep their values through Export-Clixml' {
        $path = Join-Path $TestDrive 'pod.xml'
        Get-Pod web-1 -Namespace shop | Export-Clixml $path
        (Import-Clixml $path | Get-Pod).NodeName | Should -Be 'node1'
    }
}

Describe 'Checkpoints' {
    BeforeAll {
        $script:Checkpoint = Get-Pod web-1 -Namespace shop | Invoke-ContainerCheckpoint
    }

    It 'keep their manifest through <Form>' -ForEach @(
        @{ Form = 'Export-Clixml'; Convert = { param($Path) $Checkpoint | Export-Clixml $Path; Import-Clixml $Path } }
        @{ Form = 'a job'; Convert = { [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($Checkpoint, 1)) } }
        @{ Form = 'JSON'; Convert = { $Checkpoint | ConvertTo-Json | ConvertFrom-Json } }
    ) {
        $archive = & $Convert (Join-Path $TestDrive 'checkpoint.xml') | Save-CheckpointArchive -Destination (Join-Path $TestDrive $Form)
        (Get-Content "$($archive.Path).pod.json" -Raw | ConvertFrom-Json).metadata.name | Should -Be 'web-1'
    }

    It 'show the name of the pod and not its manifest' {
        $Checkpoint | Format-List * -Force | Out-String | Should -Match '(?m)^PodManifest *: Pod shop/web-1\s*$'
    }
}

Describe 'What is in an archive' {
    It 'is read from objects of Get-ChildItem and of its own cmdlets' {
        Get-ChildItem $Zoo | Get-CheckpointProcess -Name zoo-main | Get-CheckpointSocket | Should -Not -BeNullOrEmpty
        Get-CheckpointMemoryMap $Zoo | Where-Object IsAnonymousExecutable | Export-CheckpointMemory -AsHex | Select-Object -First 1 | Should -Match '^[0-9a-f]+: '
    }

    It 'goes through JSON and back byte for byte' {
        $image = Join-Path $TestDrive 'files.img'
        ConvertFrom-CriuImage $Zoo -Member checkpoint/files.img | ConvertTo-Json -Depth 20 | ConvertFrom-Json | ConvertTo-CriuImage -Destination $image | Out-Null
        $expanded = Expand-CheckpointArchive $Zoo -Member checkpoint/files.img -Destination (Join-Path $TestDrive 'out')
        (Get-FileHash $image).Hash | Should -Be (Get-FileHash $expanded.Path).Hash
    }

    It 'is searched only until enough was found' {
        Search-CheckpointMemory 'KC-' $Zoo -SimpleMatch | Select-Object -First 2 | Should -HaveCount 2
    }
}
