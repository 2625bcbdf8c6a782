#Requires -Version 7.6
<#
.SYNOPSIS
Records the terminal session of the README as an SVG picture.
.DESCRIPTION
Runs the commands in this PowerShell, against the built module and a sandbox cluster, and draws what they print. Nothing is typed by hand
but the commands. Build the solution first.
.EXAMPLE
dotnet pwsh -NoProfile -File docs/images/Save-Session.ps1
#>
[CmdletBinding()]
param(
    [string] $Path = (Join-Path $PSScriptRoot 'session.svg'),

    [ValidateSet('Debug', 'Release')]
    [string] $Configuration = 'Release',

    [ValidateRange(60, 160)]
    [int] $Width = 100
)

$ErrorActionPreference = 'Stop'
Set-StrictMode -Version Latest

$Commands = @(
    'Get-Pod -Namespace shop'
    "Get-Pod web-1 -Namespace shop | Invoke-ContainerCheckpoint |`n    Save-CheckpointArchive -Destination ./cp"
    'Get-CheckpointProcess ./cp -Tree'
    'Search-CheckpointMemory HOSTNAME ./cp -SimpleMatch | Select-Object -First 2'
    'Get-CheckpointArchive ./cp | Restore-Pod -Repository $registry/restore -NodeName node2'
)
$Prompt = 'PS> '
$CellWidth = 8.43
$LineHeight = 19
$Margin = 16
$Background = '#0d1117'
$Foreground = '#c9d1d9'
$Colors = @('#484f58', '#ff7b72', '#7ee787', '#e3b341', '#79c0ff', '#d2a8ff', '#56d4dd', '#c9d1d9')
$TokenColors = @{ Generic = '#e3b341'; Parameter = '#8b949e'; StringLiteral = '#79c0ff'; StringExpandable = '#79c0ff'; Variable = '#7ee787' }

# A piece of text in one color.
function ConvertTo-Span ([string] $Text, [string] $Color, [bool] $Bold) {
    $weight = $Bold ? ' font-weight="bold"' : ''
    "<tspan fill=`"$Color`"$weight>$([System.Security.SecurityElement]::Escape($Text))</tspan>"
}

# A line of output; escape sequences become colors.
function ConvertTo-OutputLine ([string] $Line) {
    $color = $Foreground
    $bold = $false
    $spans = foreach ($part in [regex]::Split($Line, '(\e\[[0-9;]*m)')) {
        if ($part -notmatch '^\e\[([0-9;]*)m$') {
            if ($part) { ConvertTo-Span $part $color $bold }
            continue
        }

        switch -Regex ($Matches[1] -split ';') {
            '^0?$' { $color = $Foreground; $bold = $false }
            '^1$' { $bold = $true }
            '^22$' { $bold = $false }
            '^[39]([0-7])$' { $color = $Colors[[int] $Matches[1]] }
            '^39$' { $color = $Foreground }
        }
    }
    -join $spans
}

# The lines of a command as PSReadLine colors them.
function ConvertTo-CommandLine ([string] $Command) {
    $tokens = $null
    $null = [System.Management.Automation.Language.Parser]::ParseInput($Command, [ref] $tokens, [ref] $null)
    $position = 0
    $spans = @(ConvertTo-Span $Prompt $Foreground $false)
    foreach ($token in $tokens | Where-Object Text) {
        if ($token.Extent.StartOffset -gt $position) {
            $spans += ConvertTo-Span $Command.Substring($position, $token.Extent.StartOffset - $position) $Foreground $false
        }

        if ($token.Kind -eq 'NewLine') {
            $spans += "`n"
            $position = $token.Extent.EndOffset
            continue
        }

        $kind = $token.TokenFlags -band 'CommandName' ? 'Generic' : "$($token.Kind)"
        $color = $kind -ne 'Generic' -or $token.TokenFlags -band 'CommandName' ? $TokenColors[$kind] : $null
        $spans += ConvertTo-Span $token.Text ($color ?? $Foreground) $false
        $position = $token.Extent.EndOffset
    }
    -join $spans -split "`n"
}

function Save-Picture ([string[]] $Lines) {
    $textWidth = [math]::Ceiling($Width * $CellWidth) + 2 * $Margin
    $height = $Lines.Count * $LineHeight + 2 * $Margin
    $text = for ($index = 0; $index -lt $Lines.Count; $index++) {
        if ($Lines[$index]) { "<text x=`"$Margin`" y=`"$($Margin + ($index + 1) * $LineHeight - 5)`" xml:space=`"preserve`">$($Lines[$index])</text>" }
    }
    $picture = @(
        "<svg xmlns=`"http://www.w3.org/2000/svg`" width=`"$textWidth`" height=`"$height`" viewBox=`"0 0 $textWidth $height`""
        '  font-family="Cascadia Mono, Consolas, DejaVu Sans Mono, Menlo, monospace" font-size="14">'
        '<title>KubeCheckpoint in a terminal</title>'
        "<rect width=`"100%`" height=`"100%`" rx=`"8`" fill=`"$Background`"/>"
        $text
        '</svg>'
    )
    Set-Content -Path $Path -Value $picture
}

$root = Split-Path (Split-Path $PSScriptRoot)
$sandbox = Join-Path $root 'src' 'KubeCheckpoint.Sandbox' 'bin' $Configuration 'net10.0' 'KubeCheckpoint.Sandbox.dll'
$folder = Join-Path ([System.IO.Path]::GetTempPath()) "kubecheckpoint-session-$PID"
$null = New-Item $folder -ItemType Directory
$env:KUBECONFIG = Join-Path $folder 'kubeconfig'
$log = Join-Path $folder 'sandbox.log'
$cluster = Start-Process dotnet -ArgumentList $sandbox, '--serve', '--kubeconfig', $env:KUBECONFIG -PassThru -RedirectStandardOutput $log
try {
    while (-not ($announced = Select-String -Path $log -Pattern 'registry (127\.0\.0\.1:\d+)')) {
        if ($cluster.HasExited) { throw 'The sandbox did not start.' }
        Start-Sleep -Milliseconds 100
    }

    $registry = $announced.Matches[0].Groups[1].Value
    Import-Module (Join-Path $root 'out' 'KubeCheckpoint')
    $PSStyle.OutputRendering = 'Ansi'
    Push-Location $folder
    $lines = foreach ($command in $Commands) {
        ConvertTo-CommandLine $command.Replace('$registry', 'registry:5000')
        $output = (& ([scriptblock]::Create($command)) | Out-String -Width $Width) -replace [regex]::Escape($registry), 'registry:5000' -replace [regex]::Escape($folder), '/home/you'
        foreach ($line in $output.Trim("`r", "`n") -split '\r?\n') { ConvertTo-OutputLine $line }
        ''
    }
    Save-Picture $lines
}
finally {
    Pop-Location
    if (-not $cluster.HasExited) { $cluster.Kill($true) }
    Remove-Item $folder -Recurse -Force
}
