# What -WhatIf says, and that nothing else happens.
BeforeAll {
    $script:Repository = Get-Repository whatif
    $script:Folder = Join-Path $TestDrive 'cp'
    $null = Get-Pod web-1 -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination $Folder | New-RestoreImage -Repository $Repository
}

Describe '-WhatIf' {
    It 'describes <Script> and changes nothing' -ForEach @(
        @{ Script = { Test-CheckpointSupport node1 -Deep -WhatIf }; Says = "Create a pod and checkpoint it.*node 'node1'" }
        @{ Script = { Test-CheckpointArchive $Folder -NodeName node1 -WhatIf }; Says = "short-lived pod.*node 'node1'" }
        @{ Script = { Grant-CheckpointAccess User:bob -Namespace shop -WhatIf }; Says = 'RoleBinding' }
        @{ Script = { New-RestoreImage $Folder -Repository $Repository -WhatIf }; Says = 'Push.*as an image to' }
        @{ Script = { New-RestoreImage $Folder -Destination TestDrive:/layout -WhatIf }; Says = 'Write.*as an image to' }
        @{ Script = { Get-RestoreImage $Repository | Publish-RestoreImage -Repository "$Repository-copy" -WhatIf }; Says = 'Publish.*whatif-copy' }
        @{ Script = { Restore-Pod $Folder -Repository $Repository -WhatIf }; Says = "Push images and restore.*pod 'shop/web-1-restored'.*container 'app' from its checkpoint" }
        @{ Script = { Test-PodRestore web-1 -Namespace shop -Repository $Repository -WhatIf }; Says = 'Checkpoint, restore a copy, probe it and remove it.*beside the original' }
        @{ Script = { Move-Pod counter -NodeName node2 -Repository $Repository -WhatIf }; Says = "(?s)Moving pod 'default/counter' from node 'node3' to node 'node2'.*The original is frozen from its checkpoint until the new pod has replaced it" }
    ) {
        $before = Get-Pod -AllNamespaces | ForEach-Object PodName
        Get-WhatIfText $Script | Should -Match $Says
        Get-Pod -AllNamespaces | ForEach-Object PodName | Should -Be $before
        'TestDrive:/layout' | Should -Not -Exist
        { Get-RestoreImage "$Repository-copy" -ErrorAction Stop } | Should -Throw
    }
}
