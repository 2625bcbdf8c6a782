# What the Tab key offers for every parameter: values, files where a path is wanted, else nothing.
BeforeDiscovery {
    $script:Paths = 'Path', 'LiteralPath', 'ReferencePath', 'Destination', 'KubeConfig', 'LogPath', 'Key', 'Certificate', 'CACertificate', 'RegistryCACertificate', 'VolumePath'

    # Only the user knows these.
    $script:FreeText = @{
        ApiServerUser      = 'a user name of the control plane'
        After              = 'a script block or a command line'
        Annotation         = 'new values'
        BaseImage          = 'an image anywhere'
        BaseImageId        = 'the id of an image anywhere'
        Before             = 'a script block or a command line'
        Command            = 'a command line'
        HelperImage        = 'an image anywhere'
        HttpGet            = 'a port and path'
        KubeletUri         = 'an address'
        Label              = 'new values'
        Manifest           = 'an object or JSON'
        MountFrom          = 'a repository anywhere'
        NewName            = 'a new name'
        NodePath           = 'a path on a node'
        Patch              = 'an object or JSON'
        Pattern            = 'what is searched for'
        Reference          = 'an image anywhere'
        RegistryCredential = 'an object'
        Repository         = 'a repository anywhere'
        Token              = 'a secret'
    }

    $common = [System.Management.Automation.PSCmdlet]::CommonParameters + [System.Management.Automation.PSCmdlet]::OptionalCommonParameters
    $script:Parameters = @(foreach ($command in Get-Command -Module (Get-Module KubeCheckpoint -ListAvailable)[0].Name) {
        foreach ($parameter in $command.Parameters.Values | Where-Object Name -NotIn $common) {
            $type = $parameter.ParameterType.IsArray ? $parameter.ParameterType.GetElementType() : $parameter.ParameterType
            $type = [Nullable]::GetUnderlyingType($type) ?? $type
            $isText = -not $type.IsEnum -and $type -notin [switch], [int], [long], [ulong], [byte], [scriptblock] -and $parameter.Name -notin 'InputObject', 'Archive', 'Failure', 'Pod'
            if (-not $isText) { continue }
            @{
                Command   = $command.Name
                Parameter = $parameter.Name
                Completer = @($parameter.Attributes | Where-Object { $_ -is [ArgumentCompleter] } | ForEach-Object { $_.Type.Name })[0]
                HasValues = [bool] ($parameter.Attributes | Where-Object { $_ -is [ValidateSet] })
                IsPath    = $parameter.Name -in $Paths
                Reason    = $FreeText[$parameter.Name]
            }
        }
    })
}

BeforeAll {
    # Completers give up after a second or two; the first call also compiles the module and opens a connection.
    $null = Get-Pod -AllNamespaces
    $null = New-Item (Join-Path $TestDrive 'a-file.txt')
    $script:Zoo = (Resolve-Path (Join-Path $PSScriptRoot '../fixtures/archives/zoo-crio.tar')).Path
    $null = Get-CheckpointProcess $Zoo
    function Get-ToolTip([string] $Line) { (TabExpansion2 $Line).CompletionMatches.ToolTip }
}

Describe '<Command> -<Parameter>' -ForEach $Parameters {
    It 'has a completer, values, a path, or a reason to have none' {
        if ($Reason) { $Completer | Should -Be 'FreeTextCompleter' -Because $Reason }
        elseif ($IsPath) { $Completer | Should -BeNullOrEmpty }
        else { $HasValues -or $Completer -and $Completer -ne 'FreeTextCompleter' | Should -BeTrue }
    }

    It 'offers files only for a path' {
        if ($IsPath) { return }
        Push-Location $TestDrive
        try { Get-Completion "$Command -$Parameter a-f" | Should -Not -Contain ([IO.Path]::Combine('.', 'a-file.txt')) }
        finally { Pop-Location }
    }
}

Describe 'The pipeline' {
    It 'says which pods or archives: <Line>' -ForEach @(
        @{ Line = 'Get-Pod multi -n shop | Invoke-ContainerCheckpoint -ContainerName '; Offers = 'a', 'b' }
        @{ Line = 'Get-Pod multi -Namespace shop | Where-Object Ready | Invoke-ContainerCheckpoint -ContainerName '; Offers = 'a', 'b' }
        @{ Line = '(Get-Pod multi -n shop) | Invoke-ContainerCheckpoint -ContainerName '; Offers = 'a', 'b' }
        @{ Line = '$CompletionPod | Invoke-ContainerCheckpoint -ContainerName '; Offers = 'a', 'b' }
        @{ Line = 'Get-CheckpointArchive {0} | Get-CheckpointProcess -Name zoo-z'; Offers = 'zoo-zombie' }
        @{ Line = 'Get-ChildItem {0} | Get-CheckpointProcess -Name zoo-z'; Offers = 'zoo-zombie' }
        @{ Line = "'{0}' | Get-CheckpointProcess -Name zoo-z"; Offers = 'zoo-zombie' }
        @{ Line = '$CompletionArchive | Get-CheckpointProcess -Name zoo-z'; Offers = 'zoo-zombie' }
        @{ Line = 'Get-CheckpointProcess {0} | Get-CheckpointSocket -Name zoo-z'; Offers = 'zoo-zombie' }
        @{ Line = 'Get-CheckpointArchive {0} | Search-CheckpointMemory x -Map he'; Offers = 'heap' }
        @{ Line = 'Get-CheckpointArchive {0} | Get-CheckpointMount -MountPoint /dev/sh'; Offers = '/dev/shm' }
    ) {
        $global:CompletionPod = Get-Pod multi -Namespace shop
        $global:CompletionArchive = Get-CheckpointArchive $Zoo
        try { Get-Completion ($Line -f $Zoo) | Should -Be $Offers }
        finally { Remove-Variable CompletionPod, CompletionArchive -Scope Global }
    }

    It 'is read and never run' {
        $path = Join-Path $TestDrive ran.txt
        function global:Set-Ran { Set-Content $path ran }
        try { $null = Get-Completion "Set-Ran | Get-Pod -Namespace shop | Invoke-ContainerCheckpoint -ContainerName " }
        finally { Remove-Item function:Set-Ran }
        $path | Should -Not -Exist
    }

    It 'gives way to $PSDefaultParameterValues where it says nothing' {
        $PSDefaultParameterValues['Get-Pod:Namespace'] = 'shop'
        # A module, as Get-Completion is in, has default values of its own.
        try { (TabExpansion2 'Get-Pod web-1').CompletionMatches.CompletionText | Should -Contain 'web-1' }
        finally { $PSDefaultParameterValues.Remove('Get-Pod:Namespace') }
    }
}

Describe 'A tooltip' {
    It 'says more than the text: <Line>' -ForEach @(
        @{ Line = 'Get-Pod -Namespace shop web-1'; Says = 'Running, 1/1 ready, .* old, in shop on node1' }
        @{ Line = 'Invoke-ContainerCheckpoint multi -Namespace shop -ContainerName a'; Says = 'Running, .*counter:1, in shop/multi' }
        @{ Line = 'Get-Pod -NodeName node3'; Says = 'Ready, containerd 2' }
        @{ Line = 'Get-Pod -Namespace shop'; Says = 'Active, .* old' }
        @{ Line = 'Get-Pod -Context admin'; Says = 'admin at sandbox' }
        @{ Line = 'Get-Pod -Namespace shop -Selector app=web'; Says = '\d+ pods' }
        @{ Line = 'Get-CheckpointProcess {0} -Name zoo-exec'; Says = 'PID 9, zoo-worker' }
        @{ Line = 'Get-CheckpointProcess {0} -Id 9'; Says = 'zoo-exec, zoo-worker' }
        @{ Line = 'Expand-CheckpointArchive {0} -Member checkpoint/core-1.img'; Says = 'KiB' }
        @{ Line = 'Get-CheckpointMount {0} -MountPoint /dev/shm'; Says = 'tmpfs, /' }
        @{ Line = 'Get-CheckpointFileChange {0} -FilePath /srv/zoo-new.txt'; Says = 'Written, 15 B' }
    ) {
        @(Get-ToolTip ($Line -f $Zoo))[0] | Should -Match $Says
    }
}
