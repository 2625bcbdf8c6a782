# Whatever archives, images, clusters and runtimes have put into a text: no view lets it command the terminal, and the property keeps it.
BeforeDiscovery {
    Import-Module KubeCheckpoint
    $plain = 'KubeCheckpointException', 'ClusterTarget', 'KubeletTarget', 'TransferProgress', 'CriuEntryCollection'
    $script:Types = @([KubeCheckpoint.Pod].Assembly.GetExportedTypes() | Where-Object { -not $_.IsEnum -and -not $_.IsAbstract -and $_.Name -notin $plain } |
            ForEach-Object { @{ Type = $_.FullName } })
}

BeforeAll {
    $script:Hostile = "a`e]0;owned`a`e[2J`rb$([char] 0x9b)2J$([char] 0x85)c$([char] 0x202e)d$([char] 0x2066)e$([char] 0x200b)f$([char] 0x2028)g"

    # An object with that text in every property, as deep as it goes.
    function New-Hostile([type] $Type, [int] $Depth = 0) {
        $inner = [Nullable]::GetUnderlyingType($Type) ?? $Type
        if ($inner -eq [string] -or $inner -eq [object]) { return $Hostile }
        if ($inner -eq [DateTimeOffset]) { return [DateTimeOffset]::UtcNow }
        if ($inner.IsEnum) { return [Enum]::GetValues($inner).GetValue(0) }
        if ($inner.IsValueType) { return [Activator]::CreateInstance($inner) }
        if ($inner -eq [byte[]]) { return , [byte[]] (27, 7) }
        if ($inner.IsGenericType -and $inner.Name -like 'IReadOnlyDictionary*') {
            $pairs = [Collections.Generic.Dictionary[string, string]]::new()
            $pairs[$Hostile] = $Hostile
            return , $pairs
        }
        if ($inner.IsGenericType) {
            $element = $inner.GetGenericArguments()[0]
            $items = [Array]::CreateInstance($element, 1)
            $items.SetValue((New-Hostile $element ($Depth + 1)), 0)
            return , $items
        }
        if ($inner -eq [KubeCheckpoint.CriuEntryCollection]) { return , [KubeCheckpoint.CriuEntryCollection]::new() }
        if ($Depth -gt 4 -or $inner.Namespace -ne 'KubeCheckpoint') { return $null }
        $made = [Runtime.CompilerServices.RuntimeHelpers]::GetUninitializedObject($inner)
        foreach ($property in $inner.GetProperties()) {
            if ($property.CanWrite) { $property.SetValue($made, (New-Hostile $property.PropertyType ($Depth + 1))) }
        }
        $made
    }

    function Get-Commands([string] $Text) {
        # The line breaks of the view itself are kept.
        $Text -replace "`r?`n" -replace '\x1b\[[0-9;]*m' | Select-String '[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]' -AllMatches | ForEach-Object Matches |
            ForEach-Object { '{0:x4}' -f [int] $_.Value[0] } | Sort-Object -Unique
    }
}

Describe 'A hostile <Type>' -ForEach $Types {
    BeforeAll {
        $script:Made = New-Hostile ([type] $Type)
    }

    It 'does not reach the terminal through <_>' -ForEach 'Out-Default', 'Format-Table', 'Format-List', 'Format-Wide', 'Format-Custom' {
        $text = $(if ($_ -eq 'Out-Default') { $Made | Out-String -Width 4000 } else { $Made | & $_ | Out-String -Width 4000 })
        $text | Should -Not -BeNullOrEmpty
        Get-Commands $text | Should -BeNullOrEmpty
    }

    It 'keeps its text in its properties' {
        foreach ($property in ([type] $Type).GetProperties()) {
            if ($property.CanWrite -and $property.PropertyType -eq [string]) { $Made.($property.Name) | Should -BeExactly $Hostile -Because $property.Name }
        }
    }
}

Describe 'A hostile list' {
    It 'shows what it hides as an escape' {
        $process = New-Hostile ([KubeCheckpoint.CheckpointProcess])
        foreach ($view in 'Format-List', 'Format-Custom', 'Format-Wide') {
            ($process | & $view | Out-String -Width 4000) | Should -Match ([regex]::Escape('a\u001b]0;owned\u0007\u001b[2J\u000db\u009b2J\u0085c\u202ed')) -Because $view
        }
    }

    It 'shows the objects in an object' {
        $text = Get-CheckpointProcess (Join-Path $PSScriptRoot '../fixtures/archives/crio-counter.tar') | Format-Custom | Out-String
        $text | Should -Match '(?m)^class CheckpointProcess'
        $text | Should -Match '(?m)^  Threads = \['
        $text | Should -Match '(?m)^    class CheckpointThread'
    }
}

Describe 'An archive that speaks to the terminal' {
    BeforeAll {
        # A container's log is not the runtime's: its own lines are in it.
        $folder = Join-Path $TestDrive expanded
        $null = Expand-CheckpointArchive (Join-Path $PSScriptRoot '../fixtures/archives/crio-counter.tar') -Destination $folder
        Add-Content (Join-Path $folder io.kubernetes.cri-o.LogPath) "2026-01-01T00:00:00Z stdout F $Hostile"
        $script:Archive = Join-Path $TestDrive hostile.tar
        tar -cf $Archive -C $folder .
    }

    It 'is shown by <_> without effect' -ForEach 'Format-Table', 'Format-List', 'Format-Wide', 'Format-Custom' {
        $entries = Get-CheckpointLog $Archive
        $entries[-1].Message | Should -Match ([regex]::Escape("`e]0;owned`a"))
        $text = $entries | & $_ | Out-String -Width 400
        $text | Should -Match ([regex]::Escape('\u001b]0;owned\u0007'))
        Get-Commands $text | Should -BeNullOrEmpty
    }

    It 'is text in a string too' {
        Get-Commands "$((Get-CheckpointLog $Archive)[-1])" | Should -BeNullOrEmpty
    }
}
