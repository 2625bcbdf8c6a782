# From running pods to restored ones, in the pipelines that users type.
BeforeAll {
    $PSDefaultParameterValues['*:WarningAction'] = 'SilentlyContinue'
    $script:Repository = Get-Repository restores
    $script:Folder = Join-Path $TestDrive 'cp'
    $script:Archive = Get-Pod web-1 -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination $Folder
}

AfterAll {
    $PSDefaultParameterValues.Remove('*:WarningAction')
}

Describe 'The main job' {
    It 'restores pods on another node from their checkpoints' {
        $folder = Join-Path $TestDrive 'web'
        $pods = Get-Pod web* -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination $folder |
            New-RestoreImage -Repository $Repository | Restore-Pod -NodeName node2
        $pods.Status | Should -Be @('Running', 'Running')
        $pods.NodeName | Should -Be @('node2', 'node2')
        (Get-CheckpointArchive $folder).PodName | Sort-Object | Should -Be @('web-1', 'web-2')
    }

    It 'makes a manifest that can be sent to kubectl' {
        $image = $Archive | New-RestoreImage -Repository $Repository
        $manifest = $image | Restore-Pod -AsManifest | ConvertTo-Json -Depth 50 | ConvertFrom-Json
        $manifest.kind | Should -Be 'Pod'
        $manifest.spec.containers[0].image | Should -Match '^127\.0\.0\.1:\d+/restores@sha256:[0-9a-f]{64}$'
    }
}

Describe 'Restores in a pipeline' {
    AfterEach {
        # The sandbox has no cmdlet that deletes: other names keep the tests apart.
        Get-Pod -AllNamespaces | Where-Object PodName -Like 'kubecheckpoint-*' | Should -BeNullOrEmpty
    }

    It 'go from a pod to its copy' {
        $pod = Get-Pod multi -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination (Join-Path $TestDrive 'multi') |
            Restore-Pod -Repository $Repository -NewName multi-back
        $pod | Should -HaveCount 1
        $pod.Status | Should -Be 'Running'
        $pod.ReadyContainers | Should -Be 2
    }

    It 'go to a node with another runtime' {
        $pod = Restore-Pod $Folder -Repository $Repository -NodeName node3 -NewName web-across
        $pod.Status | Should -Be 'Running'
        $pod.NodeName | Should -Be 'node3'
    }

    It 'take the latest image' {
        $null = $Archive | New-RestoreImage -Repository $Repository
        $pod = Get-RestoreImage $Repository -Tag web-1-* | Sort-Object CheckpointedAt | Select-Object -Last 1 | Restore-Pod -NewName web-latest
        $pod.Status | Should -Be 'Running'
    }

    It 'ask about the nodes of pods' {
        $support = Get-Pod web* -Namespace shop | Where-Object NodeName -EQ node1 | Test-CheckpointSupport
        $support.NodeName | Should -Be 'node1'
        $support.CanRestore | Should -BeTrue
    }

    It 'hand manifests of rights to kubectl' {
        $list = Grant-CheckpointAccess Group:ops -Namespace shop -Task Restore -AsManifest | ConvertTo-Json -Depth 20 | ConvertFrom-Json
        $list.kind | Should -Be 'List'
        $list.items.kind | Should -Contain 'RoleBinding'
        $list.items[0].metadata.name | Should -Match '^kubecheckpoint-'
    }

    It 'carry images in a folder and publish them' {
        $image = $Archive | New-RestoreImage -Destination (Join-Path $TestDrive 'carried') | Publish-RestoreImage -Repository "$Repository-carried"
        $image | Test-RestoreImage -Quiet | Should -BeTrue
        Get-ChildItem $TestDrive -Filter carried | ForEach-Object { Get-RestoreImage -LiteralPath $_.FullName } | ForEach-Object Digest | Should -Be $image.Digest
    }

    It 'move a pod with its memory' {
        $move = Get-Pod counter | Move-Pod -NodeName node2 -Repository $Repository -Confirm:$false
        $move.NodeName | Should -Be 'node2'
        (Get-Pod $move.PodName).Status | Should -Be 'Running'
        $move | Get-Shown | Should -Match 'NAMESPACE +FROM +TO +NODE +DOWNTIME +GAP +PROBES +OWNER'
    }

    It 'stop when one drill was enough, and leave nothing' {
        Get-Pod web-1, web-2 -Namespace shop | Test-PodRestore -Repository $Repository | Select-Object -First 1 | Should -HaveCount 1
        # An interrupted rehearsal does not wait until its namespace is gone.
        Wait-Until { -not (Get-Pod -AllNamespaces | Where-Object Namespace -Like 'kubecheckpoint-*') } | Should -BeTrue
    }

    It 'ask with a script block of the session' {
        $expected = 'web-1'
        (Test-PodRestore web-1 -Namespace shop -Repository $Repository -ScriptBlock { $_.PodName -eq $expected }).Passed | Should -BeTrue
    }
}
