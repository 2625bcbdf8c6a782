# Preflight, images, restores, drills and moves as a user types them. The sandbox cluster is started by Invoke-PesterTests.ps1.
BeforeDiscovery {
    $script:Restores = 'Test-CheckpointSupport', 'Test-CheckpointArchive', 'Grant-CheckpointAccess', 'New-RestoreImage', 'Get-RestoreImage',
        'Publish-RestoreImage', 'Test-RestoreImage', 'Restore-Pod', 'Test-PodRestore', 'Move-Pod'
}

BeforeAll {
    $PSStyle.OutputRendering = 'PlainText'
    $PSDefaultParameterValues['*:WarningAction'] = 'SilentlyContinue'
    $address = (Get-Content (Join-Path $env:KUBECHECKPOINT_TEST_FOLDER 'sandbox.log') | Select-String 'registry (127\.0\.0\.1:\d+)').Matches[0].Groups[1].Value
    $script:Repository = "$address/pester"
    $script:Folder = Join-Path $TestDrive 'cp'
    $script:Archive = Get-Pod web-1 -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination $Folder

    # What -WhatIf says goes to the host alone; a transcript has it.
    function Get-WhatIf([scriptblock] $Script) {
        $path = Join-Path $TestDrive 'transcript.txt'
        $null = Start-Transcript $path
        try { & $Script | Out-Null } finally { $null = Stop-Transcript }
        Get-Content $path -Raw
    }
}

AfterAll {
    $PSDefaultParameterValues.Remove('*:WarningAction')
}

Describe 'Help of <_>' -ForEach $Restores {
    It 'has a synopsis, examples and a text for each parameter' {
        $help = Get-Help $_ -Full
        $help.Synopsis | Should -Not -Match "^\s*$_"
        $help.examples.example.Count | Should -BeGreaterOrEqual 2
        $help.examples.example.code | Where-Object { $_ -match [regex]::Escape($help.Name) } | Should -Not -BeNullOrEmpty
        $common = [System.Management.Automation.PSCmdlet]::CommonParameters + [System.Management.Automation.PSCmdlet]::OptionalCommonParameters
        $documented = $help.parameters.parameter | Where-Object { $_.description.Text } | ForEach-Object Name
        (Get-Command $_).Parameters.Keys | Where-Object { $_ -notin $common -and $_ -notin $documented } | Should -BeNullOrEmpty
    }

    It 'has examples that PowerShell understands, with parameters that exist' {
        foreach ($code in (Get-Help $_ -Examples).examples.example.code) {
            $errors = $null
            $ast = [System.Management.Automation.Language.Parser]::ParseInput($code, [ref] $null, [ref] $errors)
            $errors | Should -BeNullOrEmpty -Because $code
            foreach ($call in $ast.FindAll({ $args[0] -is [System.Management.Automation.Language.CommandAst] }, $true)) {
                $command = Get-Command $call.GetCommandName() -ErrorAction Ignore
                if ($command.Source -ne 'KubeCheckpoint') { continue }
                foreach ($parameter in $call.CommandElements | Where-Object { $_ -is [System.Management.Automation.Language.CommandParameterAst] }) {
                    { $command.ResolveParameter($parameter.ParameterName) } | Should -Not -Throw -Because $code
                }
            }
        }
    }
}

Describe 'The views of restores' {
    It 'fit into 120 columns: <Script>' -ForEach @(
        @{ Script = 'Test-CheckpointSupport'; Header = 'NODE +KUBELET +RUNTIME +ARCH +CHECKPOINT +SAVE +RESTORE +BECAUSE' }
        @{ Script = 'Test-CheckpointArchive $Folder -NodeName node*'; Header = 'NAMESPACE +POD +CONTAINER +ENGINE +NODE +RUNTIME +RESTORE +BECAUSE' }
        @{ Script = 'New-RestoreImage $Folder -Repository $Repository'; Header = 'POD +CONTAINER +FOR +AGE +SIZE +DIGEST +REFERENCE' }
        @{ Script = 'Get-RestoreImage $Repository | Test-RestoreImage'; Header = 'REFERENCE +WHOLE +CRI-O +CONTAINERD +PODMAN +FINDINGS' }
        @{ Script = 'Test-PodRestore web-1 -Namespace shop -Repository $Repository | Format-Table'; Header = 'NAMESPACE +NAME +PASSED +NODE +PROBES +FAILED' }
        @{ Script = 'Grant-CheckpointAccess User:alice -Namespace shop'; Header = 'KIND +NAMESPACE +NAME +RESULT +GIVES' }
    ) {
        $text = & ([scriptblock]::Create($Script)) | Out-String -Width 120
        $text | Should -Match $Header
        $text | Should -Not -Match ([regex]::Escape([char] 0x2026))
        ($text -split '\r?\n' | Measure-Object Length -Maximum).Maximum | Should -BeLessOrEqual 120
    }

    It 'show checks with their remedies' {
        (Test-CheckpointSupport node1).Checks | Out-String -Width 120 | Should -Match '(?s)NODE: node1.*OUTCOME +FOR +CHECK +DETAIL.*Criu .*-> Look with -Deep'
    }

    It 'show a drill as a list' {
        Test-PodRestore web-1 -Namespace shop -Repository $Repository | Out-String -Width 120 | Should -Match '(?s)Pod +: shop/web-1.*Passed +: True.*Stages +: Checkpoint'
    }
}

Describe 'Completion for restores' {
    It 'knows <Line>' -ForEach @(
        @{ Line = 'Test-CheckpointSupport no'; Expected = 'node1' }
        @{ Line = 'Test-CheckpointArchive x.tar -NodeName no'; Expected = 'node3' }
        @{ Line = 'Restore-Pod x.tar -NodeName '; Expected = 'node2' }
        @{ Line = 'Move-Pod web-1 -Namespace shop -NodeName '; Expected = 'node2' }
        @{ Line = 'Move-Pod -Namespace shop web-'; Expected = 'web-1' }
        @{ Line = 'Test-PodRestore -Namespace shop web-'; Expected = 'web-2' }
        @{ Line = 'New-RestoreImage x.tar -TargetRuntime '; Expected = 'Containerd' }
        @{ Line = 'New-RestoreImage x.tar -Compression '; Expected = 'Zstd' }
        @{ Line = 'Test-RestoreImage r.local/a -TargetRuntime Cr'; Expected = 'CriO' }
        @{ Line = 'Grant-CheckpointAccess alice -For Ch'; Expected = 'Checkpoint' }
        @{ Line = 'Grant-CheckpointAccess alice -Namespace sh'; Expected = 'shop' }
    ) {
        (TabExpansion2 $Line).CompletionMatches.CompletionText | Should -Contain $Expected
    }

    It 'knows the tags of a repository' {
        $image = New-RestoreImage $Folder -Repository $Repository
        (TabExpansion2 "Get-RestoreImage $Repository -Tag web").CompletionMatches.CompletionText | Should -Contain ($image.Reference -split ':')[-1]
    }
}

Describe '-WhatIf' {
    It 'says what <Script> would do, and does nothing' -ForEach @(
        @{ Script = { Test-CheckpointSupport node1 -Deep -WhatIf }; Says = "Make a pod and checkpoint it.*node 'node1'" }
        @{ Script = { Test-CheckpointArchive $Folder -NodeName node1 -WhatIf }; Says = "short-lived pod.*node 'node1'" }
        @{ Script = { Grant-CheckpointAccess User:bob -Namespace shop -WhatIf }; Says = 'RoleBinding' }
        @{ Script = { New-RestoreImage $Folder -Repository $Repository -WhatIf }; Says = 'Push.*as an image to' }
        @{ Script = { New-RestoreImage $Folder -Destination TestDrive:/layout -WhatIf }; Says = 'Write.*as an image to' }
        @{ Script = { Get-RestoreImage $Repository | Publish-RestoreImage -Repository "$Repository-copy" -WhatIf }; Says = 'Publish.*pester-copy' }
        @{ Script = { Restore-Pod $Folder -Repository $Repository -WhatIf }; Says = "Push images and restore.*pod 'shop/web-1-restored'.*container 'app' from its checkpoint" }
        @{ Script = { Test-PodRestore web-1 -Namespace shop -Repository $Repository -WhatIf }; Says = 'Checkpoint, restore a copy, probe and remove it.*beside the original' }
        @{ Script = { Move-Pod counter -NodeName node2 -Repository $Repository -WhatIf }; Says = "(?s)Moving pod 'default/counter' from node 'node3' to node 'node2'.*The original runs on until the new pod is ready" }
    ) {
        $before = Get-Pod -AllNamespaces | ForEach-Object PodName
        Get-WhatIf $Script | Should -Match $Says
        Get-Pod -AllNamespaces | ForEach-Object PodName | Should -Be $before
        'TestDrive:/layout' | Should -Not -Exist
        { Get-RestoreImage "$Repository-copy" -ErrorAction Stop } | Should -Throw
    }
}

Describe 'Restores as sentences' {
    AfterEach {
        # The sandbox has no cmdlet to delete with: other names keep the tests apart.
        Get-Pod -AllNamespaces | Where-Object PodName -Like 'kubecheckpoint-*' | Should -BeNullOrEmpty
    }

    It 'go from a pod to its copy in one pipeline' {
        $pod = Get-Pod multi -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination (Join-Path $TestDrive 'multi') |
            Restore-Pod -Repository $Repository -Name multi-back
        $pod | Should -HaveCount 1
        $pod.Status | Should -Be 'Running'
        $pod.ReadyContainers | Should -Be 2
    }

    It 'go over to a node with another runtime' {
        $pod = Restore-Pod $Folder -Repository $Repository -NodeName node3 -Name web-across
        $pod.Status | Should -Be 'Running'
        $pod.NodeName | Should -Be 'node3'
    }

    It 'take the latest image' {
        $null = $Archive | New-RestoreImage -Repository $Repository
        $pod = Get-RestoreImage $Repository -Tag web-1-* | Sort-Object CheckpointedAt | Select-Object -Last 1 | Restore-Pod -Name web-latest
        $pod.Status | Should -Be 'Running'
    }

    It 'ask about the nodes of pods' {
        $support = Get-Pod web* -Namespace shop | Where-Object NodeName -EQ node1 | Test-CheckpointSupport
        $support.NodeName | Should -Be 'node1'
        $support.CanRestore | Should -BeTrue
    }

    It 'hand manifests of rights to kubectl' {
        $list = Grant-CheckpointAccess Group:ops -Namespace shop -For Restore -AsManifest | ConvertTo-Json -Depth 20 | ConvertFrom-Json
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
        $move | Out-String -Width 120 | Should -Match 'NAMESPACE +FROM +TO +NODE +OWNER +GAP +PROBES'
    }

    It 'stop when one drill was enough, and leave nothing' {
        Get-Pod web-1, web-2 -Namespace shop | Test-PodRestore -Repository $Repository | Select-Object -First 1 | Should -HaveCount 1
        Get-Pod -AllNamespaces | Where-Object Namespace -Like 'kubecheckpoint-*' | Should -BeNullOrEmpty
    }

    It 'ask with a script block of the session' {
        $expected = 'web-1'
        (Test-PodRestore web-1 -Namespace shop -Repository $Repository -ScriptBlock { $_.PodName -eq $expected }).Passed | Should -BeTrue
    }
}

Describe 'Errors of restores' {
    It '<Script> tells <Id> and what to do' -ForEach @(
        @{ Script = { Restore-Pod $Folder }; Id = 'RepositoryMissing' }
        @{ Script = { Test-PodRestore web-1 -Namespace shop }; Id = 'RepositoryNotGiven' }
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
