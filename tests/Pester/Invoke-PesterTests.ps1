#Requires -Version 7.6
<#
.SYNOPSIS
Finds or runs Pester tests for tests/KubeCheckpoint.PowerShell.Tests, which reports each as a test of its own.
.DESCRIPTION
Writes a JSON array with an entry for each test and for each file that could not be read. KUBECONFIG and KUBECHECKPOINT_TEST_REGISTRY
name the sandbox cluster and its registry.
#>
[CmdletBinding()]
param(
    # The manifest of the Pester module.
    [Parameter(Mandatory)] [string] $PesterPath,

    # A test file, or a folder of them.
    [Parameter(Mandatory)] [string] $Path,

    [Parameter(Mandatory)] [string] $ResultPath,

    # Finds the tests and runs none.
    [switch] $DiscoveryOnly
)

$ErrorActionPreference = 'Stop'
Import-Module $PesterPath
Import-Module (Join-Path $PSScriptRoot 'Support.psm1')

# The name with the data of -ForEach filled in. Pester itself does so only when a test runs.
function Get-DisplayName($Item) {
    $data = $Item.Data
    [regex]::Replace($Item.Name, '<(\w+)>', {
        param($match)
        $key = $match.Groups[1].Value
        if ($key -eq '_') { $data } elseif ($data -is [System.Collections.IDictionary] -and $data.Contains($key)) { $data[$key] } else { $match.Value }
    }) -replace '\s+', ' '
}

# The message and where in the tests it happened, without Pester's own frames.
function Get-ErrorText($ErrorRecord) {
    "$ErrorRecord"
    $ErrorRecord.ScriptStackTrace -split '\r?\n' | Where-Object { $_ -match [regex]::Escape($PSScriptRoot) -and $_ -notmatch 'Invoke-PesterTests' }
}

function Get-Parent($Test) {
    for ($block = $Test.Block; $block -and -not $block.IsRoot; $block = $block.Parent) { $block }
}

function ConvertTo-TestEntry($Test, $File, $Ordinal) {
    $blocks = @(Get-Parent $Test)
    [array]::Reverse($blocks)
    [pscustomobject] @{
        File    = $File
        Ordinal = $Ordinal
        Name    = @($blocks + $Test | ForEach-Object { Get-DisplayName $_ }) -join ' > '
        Result  = "$($Test.Result)"
        Message = @(@($Test) + $blocks | ForEach-Object ErrorRecord | ForEach-Object { Get-ErrorText $_ }) -join "`n"
    }
}

$configuration = New-PesterConfiguration
$configuration.Run.Path = $Path
$configuration.Run.PassThru = $true
$configuration.Run.SkipRun = $DiscoveryOnly.IsPresent
$configuration.Output.Verbosity = 'None'
$run = Invoke-Pester -Configuration $configuration

$entries = foreach ($container in $run.Containers) {
    $file = Split-Path $container.Item -Leaf
    $tests = @($run.Tests | Where-Object { $_.ScriptBlock.File -eq $container.Item.FullName })
    for ($ordinal = 0; $ordinal -lt $tests.Count; $ordinal++) {
        ConvertTo-TestEntry $tests[$ordinal] $file $ordinal
    }

    if ($container.ErrorRecord -or -not $tests) {
        [pscustomobject] @{ File = $file; Ordinal = -1; Name = 'Discovery'; Result = 'Failed'; Message = "The file has no tests. $($container.ErrorRecord)" }
    }
}
ConvertTo-Json @($entries) -Depth 3 | Set-Content $ResultPath
