# What a user types to ask, restore, rehearse and move. The sandbox cluster is started by Invoke-PesterTests.ps1.
BeforeAll {
    $PSStyle.OutputRendering = 'PlainText'
    $script:Registry = (Get-Content (Join-Path $env:KUBECHECKPOINT_TEST_FOLDER 'sandbox.log') | Select-String 'registry (127\.0\.0\.1:\d+)').Matches[0].Groups[1].Value
    $script:Archives = Join-Path $PSScriptRoot '../fixtures/archives'
}

Describe 'Help' {
    It 'of <_> says what every parameter is and has examples' -ForEach @(
        'Get-RestoreImage', 'Grant-CheckpointAccess', 'Move-Pod', 'New-RestoreImage', 'Publish-RestoreImage', 'Restore-Pod', 'Test-CheckpointArchive',
        'Test-CheckpointSupport', 'Test-PodRestore', 'Test-RestoreImage'
    ) {
        $help = Get-Help $_ -Full
        $help.Synopsis | Should -Match '\.$'
        $help.examples.example.Count | Should -BeGreaterThan 1
        $help.parameters.parameter.Where({ -not $_.description.Text }).name | Should -BeNullOrEmpty
    }

    It 'has the topic <_>' -ForEach @('about_KubeCheckpoint_Runtimes', 'about_KubeCheckpoint_ClusterSetup') {
        Get-Help $_ | Out-String | Should -Match 'Test-CheckpointSupport'
    }
}

Describe 'Asking first' {
    It 'tells of each node of a pod what it can do' {
        $support = Get-Pod web-1 -Namespace shop | Test-CheckpointSupport
        $support.NodeName | Should -Be 'node1'
        $support.Checks.Where({ $_.Outcome -eq 'Failed' }) | Should -BeNullOrEmpty
        $support | Out-String -Width 120 | Should -Match 'node1'
    }

    It 'tells whether an archive comes back on each node' {
        $support = Get-CheckpointArchive (Join-Path $Archives 'crio-counter.tar') | Test-CheckpointArchive -NodeName 'node*' -NoHelper
        $support.NodeName | Sort-Object | Should -Be @('node1', 'node2', 'node3')
        $support.Where({ $_.NodeName -eq 'node3' }).Checks.Where({ $_.Name -eq 'RuntimeFamily' }).Remedy | Should -Match '-TargetRuntime Containerd'
    }

    It 'gives rights as manifests for kubectl' {
        $list = Grant-CheckpointAccess User:alice, Group:ops -Namespace shop -For Move -AsManifest | ConvertTo-Json -Depth 20 | ConvertFrom-Json
        $list.kind | Should -Be 'List'
        $list.items.kind | Should -Contain 'ClusterRoleBinding'
        $list.items.Where({ $_.kind -eq 'Role' }).rules.verbs | Should -Contain 'patch'
    }
}

Describe 'Images' {
    BeforeAll {
        $script:Repository = "$Registry/images"
        Get-CheckpointArchive (Join-Path $Archives 'crio-counter.tar') | New-RestoreImage -Reference "${Repository}:own" | Out-Null
        Get-CheckpointArchive (Join-Path $Archives 'crio-counter.tar') | New-RestoreImage -Reference "${Repository}:other" -TargetRuntime Containerd | Out-Null
    }

    It 'are found in a repository, and say for which runtime they are' {
        Get-RestoreImage $Repository | Sort-Object Reference | ForEach-Object TargetRuntime | Should -Be @('Containerd', 'CriO')
        Get-RestoreImage $Repository -Tag ow* | Out-String -Width 200 | Should -Match ':own'
    }

    It 'are asked whether a runtime would take them' {
        $test = Get-RestoreImage $Repository -Tag other | Test-RestoreImage
        $test | Should -HaveCount 1
        $test.Findings.Where({ $_.Severity -eq 'Error' }) | Should -BeNullOrEmpty
    }

    It 'go on to another repository, bit for bit' {
        $copy = Get-RestoreImage $Repository -Tag own | Publish-RestoreImage -Repository "$Registry/copies"
        $copy.Digest | Should -Be (Get-RestoreImage $Repository -Tag own).Digest
    }

    It 'have their tags completed' {
        (TabExpansion2 "Get-RestoreImage $Repository -Tag o").CompletionMatches.CompletionText | Should -Contain 'own'
    }
}

Describe 'Restores' {
    It 'take archives, and another runtime' {
        $pod = Get-Pod web-1 -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination (Join-Path $TestDrive 'r') |
            Restore-Pod -Repository "$Registry/restores" -NodeName node3 -Name web-across -WarningAction SilentlyContinue
        $pod.Status | Should -Be 'Running'
        $pod.NodeName | Should -Be 'node3'
    }

    It 'take the latest image of a repository' {
        $pod = Get-RestoreImage "$Registry/restores" -Tag web-* | Sort-Object CheckpointedAt | Select-Object -Last 1 |
            Restore-Pod -Name web-latest -WarningAction SilentlyContinue
        $pod.NodeName | Should -Be 'node3'
    }

    It 'are rehearsed and leave nothing' {
        $drill = Get-Pod web-2 -Namespace shop | Test-PodRestore -Repository "$Registry/drills" -ScriptBlock { $_.RestartCount -eq 0 }
        $drill.Passed | Should -BeTrue
        (Get-Pod -AllNamespaces).Namespace | Should -Not -Contain $drill.DrillNamespace
        @($drill) | Format-Table | Out-String -Width 120 | Should -Match 'web-2'
    }
}

Describe 'Moves' {
    It 'say with -WhatIf what they mean and do nothing' {
        $text = & (Get-Process -Id $PID).Path -NoProfile -Command 'Get-Pod web-2 -Namespace shop | Move-Pod -NodeName node2 -Repository r.local/x -AsStandalone -WhatIf' | Out-String
        $text | Should -Match 'web-2'
        $text | Should -Match 'after the checkpoint is not in the new pod'
        (Get-Pod web-2 -Namespace shop).NodeName | Should -Be 'node1'
    }

    It 'take a pod to another node' {
        $move = Get-Pod web-2 -Namespace shop | Move-Pod -NodeName node2 -Repository "$Registry/moves" -AsStandalone -Confirm:$false
        $move.NodeName | Should -Be 'node2'
        $move | Out-String -Width 120 | Should -Match 'node1 -> node2'
        Get-Pod $move.PodName -Namespace shop | ForEach-Object NodeName | Should -Be 'node2'
    }
}

Describe 'Completion of restores' {
    It 'knows <Line>' -ForEach @(
        @{ Line = 'Restore-Pod ./x.tar -NodeName no'; Expected = 'node3' }
        @{ Line = 'Move-Pod web-1 -Namespace sh'; Expected = 'shop' }
        @{ Line = 'New-RestoreImage ./x.tar -TargetRuntime '; Expected = 'Containerd' }
        @{ Line = 'Grant-CheckpointAccess alice -For Re'; Expected = 'Rehearse' }
    ) {
        (TabExpansion2 $Line).CompletionMatches.CompletionText | Should -Contain $Expected
    }
}
