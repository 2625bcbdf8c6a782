# What every view keeps to: its columns can be typed, its lists show no secrets, it fits 80 columns, and several archives stay apart.
BeforeDiscovery {
    $module = (Get-Module KubeCheckpoint -ListAvailable)[0]
    $views = foreach ($file in Get-ChildItem (Join-Path $module.ModuleBase Views) -Filter *.format.ps1xml) {
        # Views for all types at once have no columns.
        foreach ($view in ([xml] (Get-Content $file -Raw)).Configuration.ViewDefinitions.View | Where-Object { $_.ViewSelectedBy.TypeName }) {
            @{
                Type    = $view.ViewSelectedBy.TypeName
                IsTable = $null -ne $view.TableControl
                IsList  = $null -ne $view.ListControl
                IsGroup = $null -ne $view.GroupBy
                Labels  = @($view.TableControl.TableHeaders.TableColumnHeader.Label)
                Cells   = @($view.TableControl.TableRowEntries.TableRowEntry.TableColumnItems.TableColumnItem)
            }
        }
    }
    $script:Tables = @($views | Where-Object IsTable)
    $script:Types = @($views.Type | Sort-Object -Unique | ForEach-Object { @{ Type = $_ } })
    $listed = @($views | Where-Object IsList).Type
    $script:OutputTypes = @(
        Get-Command -Module KubeCheckpoint | ForEach-Object { $_.OutputType.Type } | Where-Object { $_.Namespace -eq 'KubeCheckpoint' } | Sort-Object FullName -Unique |
            ForEach-Object { @{ Type = $_.FullName; IsListed = $_.FullName -in $listed } }
    )
}

BeforeAll {
    $PSStyle.OutputRendering = 'PlainText'
    $script:Secret = 's3cr3t-in-env'
    $archives = Join-Path $PSScriptRoot '../fixtures/archives'
    $script:Zoo = (Resolve-Path (Join-Path $archives 'zoo-crio.tar')).Path
    $script:Others = (Resolve-Path (Join-Path $archives 'crio-redis.tar')).Path, (Resolve-Path (Join-Path $archives 'containerd-counter.tar')).Path
    $repository = Get-Repository contracts
    $folder = Join-Path $TestDrive out

    $checkpoints = Get-Pod web-1 -Namespace shop | Invoke-ContainerCheckpoint
    $saved = $checkpoints | Save-CheckpointArchive -Destination (Join-Path $TestDrive cp)
    $images = $saved | New-RestoreImage -Repository $repository
    $tests = $images | Test-RestoreImage
    $broken = Join-Path $TestDrive broken.tar
    [IO.File]::WriteAllBytes($broken, [IO.File]::ReadAllBytes($Zoo)[0..200000])
    $support = Test-CheckpointSupport
    $restoreSupport = Test-CheckpointArchive $Zoo -NodeName node1
    $pods = Get-Pod -AllNamespaces
    $drill = Test-PodRestore -Name web-1 -Namespace shop -Repository $repository -TcpPort 8088 -ProbeTimeoutSec 1 -Keep
    $leftovers = Get-CheckpointLeftover | Where-Object Kind -EQ Namespace
    $move = Move-Pod -Name counter -Namespace default -NodeName node2 -Repository $repository -Confirm:$false -WarningAction SilentlyContinue
    $setups = Initialize-CheckpointNode node3 -Confirm:$false
    $layout = Join-Path $TestDrive layout
    $null = New-RestoreImage $Zoo -Destination $layout
    Get-ChildItem (Join-Path $layout blobs/sha256) | Sort-Object Length | Select-Object -Last 1 | Remove-Item
    $image = ConvertFrom-CriuImage $Zoo -Member checkpoint/files.img

    $difference = [KubeCheckpoint.RestoredFileDifference] @{ ContainerName = 'app'; Path = '/data/x'; Problem = 'OtherSize'; Expected = '5'; Actual = '4' }

    # Real objects of each type.
    $script:Objects = @{
        Pod                      = $pods
        Container                = $pods.Containers
        ContainerCheckpoint      = $checkpoints
        CheckpointArchive        = @($saved) + @(Get-CheckpointArchive $archives)
        CheckpointArchiveFinding = @(Test-CheckpointArchive $Zoo) + @(Test-CheckpointArchive $broken)
        ExpandedFile             = Expand-CheckpointArchive $Zoo -Destination $folder
        PodMove                  = $move
        PodRestoreTest           = $drill
        PodProbeResult           = $drill.Probes
        StageTime                = $drill.Stages
        CheckpointDifference     = Compare-CheckpointArchive (Join-Path $archives delta-before-podman.tar.zst) (Join-Path $archives delta-after-podman.tar.zst)
        CriuImage                = ConvertFrom-CriuImage $Zoo
        CriuImageFile            = $image | ConvertTo-CriuImage -Destination (Join-Path $TestDrive files.img)
        CheckpointOpenFile       = Get-CheckpointOpenFile $Zoo
        CheckpointSocket         = Get-CheckpointSocket $Zoo
        CheckpointMount          = Get-CheckpointMount $Zoo
        CheckpointFileChange     = Get-CheckpointFileChange $Zoo
        RestoreImage             = $images
        RestoreImageTest         = $tests
        RestoreImageFinding      = (Test-RestoreImage -Path $layout).Findings
        RestoreVerdict           = $tests.Containerd
        CheckpointLogEntry       = Get-CheckpointLog $Zoo
        CheckpointDumpLogEntry   = Get-CheckpointLog $Zoo -Kind Dump -Level Warning, Error, Info | Select-Object -First 40
        CheckpointMemoryMap      = Get-CheckpointMemoryMap $Zoo
        CheckpointMemoryMatch    = Search-CheckpointMemory 'KC-' $Zoo -SimpleMatch
        CheckpointCoreDump       = Export-CheckpointCoreDump $Zoo -Destination (Join-Path $TestDrive core) -WarningAction SilentlyContinue
        ExportedMemory           = Export-CheckpointMemory $Zoo -Destination (Join-Path $TestDrive mem) -Map heap -WarningAction SilentlyContinue
        CheckpointSupport        = $support
        RestoreSupport           = $restoreSupport
        SupportCheck             = $support.Checks
        CheckpointAccess         = Grant-CheckpointAccess User:alice -Namespace shop
        CheckpointLeftover       = $leftovers
        CheckpointNodeSetup      = $setups
        CheckpointNodeFile       = $setups.Files
        CheckpointProcess        = Get-CheckpointProcess $Zoo -Tree -IncludeEnvironment
        CheckpointStatistic      = Get-CheckpointStatistic $Zoo
        CheckpointCapabilities   = @((Get-CheckpointProcess $Zoo).Capabilities | Where-Object { $_ })
        CheckpointFileXattr      = [KubeCheckpoint.CheckpointFileXattr]::new('user.origin', 'a registry', [byte[]] (97, 98))
        CheckpointThread         = (Get-CheckpointProcess $Zoo).Threads
        CheckpointProof          = [KubeCheckpoint.CheckpointProof] @{ CheckpointDuration = '0:0:2'; RestoreDuration = '0:0:3'; ImageReference = 'r.local/a:1' }
        CheckpointVolume         = [KubeCheckpoint.CheckpointVolume] @{
            Name = 'cache'; Kind = 'EmptyDir'; Path = Join-Path $TestDrive v.volume-cache; Size = 2MB; Sha256 = '0' * 64; ContentSize = 1MB
            CopiedAt = [DateTimeOffset]::UtcNow; Delay = '0:0:2'; ArchiveSha256 = '1' * 64
        }
        RestoredFileDifference   = $difference
        RestoredFiles            = [KubeCheckpoint.RestoredFiles] @{ Namespace = 'shop'; PodName = 'web-1'; FilesCompared = 9; Differences = [KubeCheckpoint.RestoredFileDifference[]] $difference }
        FailedCriuRun            = [KubeCheckpoint.FailedCriuRun] @{ Namespace = 'shop'; PodName = 'web-1'; ContainerName = 'app'; Cause = 'A TCP connection is open.' }
        PodManifest              = (Get-Pod web-1 -Namespace shop).Manifest
        RestoreNeeds             = $images.Needs
        NeededMount              = $images.Needs.Mounts
    }

    function Get-Sample([string] $Type) { @($Objects[$Type -replace '^KubeCheckpoint\.']) }

    # What a cell of a view shows of an object.
    function Get-Cell($Item, $Cell) {
        $value = $Cell.PropertyName ? $Item.($Cell.PropertyName) : ($Item | ForEach-Object ([scriptblock]::Create($Cell.ScriptBlock)))
        "$value"
    }
}

AfterAll {
    $PSStyle.OutputRendering = 'Host'
}

Describe 'The objects of these tests' {
    It 'are of type <Type>' -ForEach $Types {
        $sample = Get-Sample $Type
        $sample | Should -Not -BeNullOrEmpty
        $sample[0].GetType().FullName | Should -Be $Type
    }
}

Describe 'The columns of <Type>' -ForEach $Tables {
    It 'are properties' {
        $item = (Get-Sample $Type)[0]
        foreach ($label in $Labels) {
            $item.PSObject.Properties[$label] | Should -Not -BeNullOrEmpty -Because "$label is a column"
        }
    }

    It 'can be selected, filtered and sorted by' {
        $sample = Get-Sample $Type
        foreach ($label in $Labels) {
            @($sample | Select-Object $label).Count | Should -Be $sample.Count
            @($sample | Sort-Object $label).Count | Should -Be $sample.Count
            $value = $sample.ForEach({ $_.$label }).Where({ $null -ne $_ }, 'First')
            if ($value -and $label -notin 'AGE') { $sample | Where-Object $label -EQ $value[0] | Should -Not -BeNullOrEmpty -Because "$label is $($value[0])" }
        }
    }

    It 'fit into <_> characters' -ForEach 80, 120 {
        $sample = Get-Sample $Type
        $text = $sample | Format-Table | Out-String -Width $_
        $lines = $text -split '\r?\n'
        ($lines | Measure-Object Length -Maximum).Maximum | Should -BeLessOrEqual $_
        $header = $lines | Where-Object { $_ -match "^ *$([regex]::Escape($Labels[0]))( |$)" } | Select-Object -First 1
        -split $header | Should -Be $Labels -Because 'no column is cut or left out'

        # A command line may be cut, as by ps. The two sides of a difference wrap beside each other.
        if ($Type -eq 'KubeCheckpoint.CheckpointDifference') { return }
        $shown = $text -replace '\s'
        for ($i = 0; $i -lt $Labels.Count; $i++) {
            if ($Labels[$i] -in 'COMMAND', 'AGE') { continue }
            foreach ($item in $sample) {
                $cell = (Get-Cell $item $Cells[$i]) -replace '\s'
                $shown.Contains($cell) | Should -BeTrue -Because "$($Labels[$i]) of $item is whole: $cell"
            }
        }
    }

    It 'leave the last one 16 characters of 80' {
        $lines = (Get-Sample $Type | Format-Table | Out-String -Width 80) -split '\r?\n'
        $header = $lines | Where-Object { $_ -match "^ *$([regex]::Escape($Labels[0]))( |$)" } | Select-Object -First 1
        $last = $header.LastIndexOf($Labels[-1], [StringComparison]::Ordinal)
        $widest = ($lines | Where-Object Length -GT $last | ForEach-Object { $_.Length - $last } | Measure-Object -Maximum).Maximum
        (80 - $last) -ge 16 -or $widest -lt (80 - $last) | Should -BeTrue -Because "it has $(80 - $last)"
    }
}

Describe 'Columns' {
    It 'are typed: <Type> <Column>' -ForEach @(
        @{ Type = 'Pod'; Column = 'Age'; Is = [TimeSpan] }
        @{ Type = 'Pod'; Column = 'Restarts'; Is = [int] }
        @{ Type = 'CheckpointArchive'; Column = 'Age'; Is = [TimeSpan] }
        @{ Type = 'CheckpointArchive'; Column = 'Size'; Is = [long] }
        @{ Type = 'CheckpointArchive'; Column = 'Memory'; Is = [long] }
        @{ Type = 'CheckpointProcess'; Column = 'Memory'; Is = [long] }
        @{ Type = 'CheckpointProcess'; Column = 'Pid'; Is = [int] }
        @{ Type = 'CheckpointMemoryMap'; Column = 'Stored'; Is = [long] }
        @{ Type = 'CheckpointStatistic'; Column = 'Frozen'; Is = [TimeSpan] }
        @{ Type = 'ContainerCheckpoint'; Column = 'Took'; Is = [TimeSpan] }
        @{ Type = 'CheckpointSupport'; Column = 'Restore'; Is = [bool] }
    ) {
        (Get-Sample $Type)[0].$Column | Should -BeOfType $Is
    }

    It 'are completed' {
        Get-Completion 'Get-Pod | Where-Object Na' | Should -Contain 'Name'
        Get-Completion 'Get-CheckpointProcess x.tar | Sort-Object Mem' | Should -Contain 'Memory'
    }

    It 'are not written twice into JSON and CSV' {
        $pod = Get-Pod web-1 -Namespace shop
        ($pod | ConvertTo-Json -Depth 2 | ConvertFrom-Json -AsHashtable).Keys | Should -Not -Contain 'Name'
        ($pod | ConvertTo-Csv)[0] | Should -Not -Match '"(Name|Node|Age|Restarts)"'
    }

    It 'bind a pod by its name in later cmdlets' {
        (Get-Pod web-1 -Namespace shop | Select-Object Name, Namespace | Get-Pod).PodName | Should -Be 'web-1'
    }

    It 'do not take the name of a process for that of a pod' {
        (Get-Sample CheckpointOpenFile)[0].PSObject.Properties['Name'] | Should -BeNullOrEmpty
        (Get-Sample ContainerCheckpoint)[0].PSObject.Properties['Path'] | Should -BeNullOrEmpty -Because 'the path is one of the node'
    }
}

Describe 'The list of <Type>' -ForEach $OutputTypes {
    It 'is a view of its own' {
        $IsListed | Should -BeTrue
    }

    It 'shows no manifest and no secret' {
        foreach ($text in (Get-Sample $Type | Format-List | Out-String -Width 200), (Get-Sample $Type | Where-Object { $Type -notlike '*Process' } | Format-List * | Out-String -Width 200)) {
            $text.Contains($Secret) | Should -BeFalse -Because 'it is the value of a variable'
            $text.Contains('"metadata"') | Should -BeFalse -Because 'it is in a manifest'
        }
    }
}

Describe 'The list of a process' {
    It 'says how many variables its environment has, and shows none' {
        $text = Get-CheckpointProcess $Zoo -Id 1 -IncludeEnvironment | Format-List | Out-String
        $text | Should -Match 'Environment +: \d+ variables'
        $text | Should -Not -Match 'ZOO_SECRET'
        $text | Should -Match 'Umask +: 027'
    }
}

Describe 'Several archives' {
    It 'stay apart in the view of <_>' -ForEach 'Get-CheckpointProcess', 'Get-CheckpointOpenFile', 'Get-CheckpointSocket', 'Get-CheckpointMount', 'Get-CheckpointMemoryMap',
        'Get-CheckpointFileChange', 'Get-CheckpointLog', 'Get-CheckpointStatistic', 'Test-CheckpointArchive', 'ConvertFrom-CriuImage' {
        $text = & $_ $Others | Out-String -Width 250
        foreach ($path in $Others) { @($text | Select-String ": $path\s" -AllMatches).Matches.Count | Should -Be 1 }
    }

    It 'stay apart in the view of Search-CheckpointMemory' {
        $text = Search-CheckpointMemory 'PATH=' $Others -SimpleMatch | Out-String -Width 250
        foreach ($path in $Others) { @($text | Select-String ": $path\s" -AllMatches).Matches.Count | Should -Be 1 }
    }

    It 'stay apart in the view of Test-CheckpointArchive -NodeName, node after node' {
        $support = Test-CheckpointArchive $Others -NodeName node* -NoHelper
        $support.NodeName | Should -Be 'node1', 'node2', 'node3', 'node1', 'node2', 'node3'
        $text = $support | Out-String -Width 250
        foreach ($path in $Others) { @($text | Select-String ": $path\s" -AllMatches).Matches.Count | Should -Be 1 }
    }

    It 'are grouped wherever an object names its archive: <Type>' -ForEach $Tables {
        # An image has a name of its own.
        if ($Type -eq 'KubeCheckpoint.RestoreImage') { return }
        if ((Get-Sample $Type)[0].PSObject.Properties['ArchivePath']) { $IsGroup | Should -BeTrue }
    }
}

Describe 'Nodes' {
    It 'come in order, however long each takes' {
        (Test-CheckpointSupport).NodeName | Should -Be 'node1', 'node2', 'node3'
    }
}

Describe 'Colours' {
    It 'of a comparison are those of $PSStyle' {
        $PSStyle.OutputRendering = 'Ansi'
        try { $text = $Objects.CheckpointDifference | Out-String }
        finally { $PSStyle.OutputRendering = 'PlainText' }
        $text | Should -Match ([regex]::Escape($PSStyle.Foreground.Green))
        $Objects.CheckpointDifference | Out-String | Should -Not -Match "`e"
    }
}

Describe 'The manifest' {
    It 'is read by tools in the source tree' {
        $manifest = Test-ModuleManifest (Join-Path $PSScriptRoot '../../KubeCheckpoint.psd1') -ErrorAction Stop -WarningAction Stop
        $manifest.ExportedCmdlets.Count | Should -BeGreaterThan 20
    }

    It 'lists every view and type file of the built module' {
        $folder = (Get-Module KubeCheckpoint -ListAvailable)[0].ModuleBase
        $data = Import-PowerShellDataFile (Join-Path $folder KubeCheckpoint.psd1)
        $data.FormatsToProcess + $data.TypesToProcess | Sort-Object | Should -Be @(Get-ChildItem (Join-Path $folder Views) | ForEach-Object { "Views/$($_.Name)" } | Sort-Object)
    }
}
