#Requires -Version 7.6
<#
.SYNOPSIS
Builds, tests and packs KubeCheckpoint.
.DESCRIPTION
Build   the importable module in out/KubeCheckpoint
Test    all tests, the Pester ones in the PowerShell of the tool manifest included
Pack    out/KubeCheckpoint.<version>.nupkg, ready for 'Publish-PSResource -NupkgPath'
Clean   removes out/ and what the builds left
.EXAMPLE
./build.ps1 -Task Build, Test
.EXAMPLE
./build.ps1 -Task Pack
#>
[CmdletBinding()]
param(
    [ValidateSet('Build', 'Test', 'Pack', 'Clean')]
    [string[]] $Task = 'Build',

    [ValidateSet('Debug', 'Release')]
    [string] $Configuration = 'Release'
)

$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $true
Set-StrictMode -Version Latest

$Root = $PSScriptRoot
$Solution = Join-Path $Root 'KubeCheckpoint.sln'

function Invoke-Build {
    dotnet build $Solution -c $Configuration
}

function Invoke-Test {
    dotnet test $Solution -c $Configuration
}

function Invoke-Pack {
    Invoke-Build
    $manifest = Test-ModuleManifest (Join-Path $Root 'out' 'KubeCheckpoint' 'KubeCheckpoint.psd1')
    dotnet pack (Join-Path $Root 'src' 'KubeCheckpoint.Package') -c $Configuration --no-build "-p:PackageVersion=$($manifest.Version)"
}

function Invoke-Clean {
    $left = @(
        Join-Path $Root 'out'
        Get-ChildItem (Join-Path $Root 'src'), (Join-Path $Root 'tests') -Directory | ForEach-Object {
            Join-Path $_ 'bin'
            Join-Path $_ 'obj'
        }
    )
    $left | Where-Object { Test-Path $_ } | Remove-Item -Recurse -Force
}

foreach ($name in $Task) {
    & "Invoke-$name"
}
