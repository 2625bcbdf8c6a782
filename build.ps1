#Requires -Version 7.6
<#
.SYNOPSIS
Builds, tests and packs KubeCheckpoint.
.DESCRIPTION
Build   the importable module in out/KubeCheckpoint
Test    all tests, the Pester ones in the PowerShell of the tool manifest included
Sign    the module's assemblies, manifest and views, and a catalog of all its files (Windows; nothing happens without a certificate)
Pack    out/KubeCheckpoint.<version>.nupkg, ready for 'Publish-PSResource -NupkgPath'
Clean   removes out/ and what the builds left
.EXAMPLE
./build.ps1 -Task Build, Test
.EXAMPLE
./build.ps1 -Task Pack
.EXAMPLE
./build.ps1 -Task Sign, Pack -CertificateThumbprint 2F1D...
#>
[CmdletBinding()]
param(
    [ValidateSet('Build', 'Test', 'Sign', 'Pack', 'Clean')]
    [string[]] $Task = 'Build',

    [ValidateSet('Debug', 'Release')]
    [string] $Configuration = 'Release',

    # The code-signing certificate in a certificate store of Windows, for the task Sign.
    [string] $CertificateThumbprint,

    [string] $TimestampServer = 'http://timestamp.digicert.com'
)

$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $true
Set-StrictMode -Version Latest

$Root = $PSScriptRoot
$Solution = Join-Path $Root 'KubeCheckpoint.sln'
$Package = Join-Path $Root 'src' 'KubeCheckpoint.Package'
$Module = Join-Path $Root 'out' 'KubeCheckpoint'
$Catalog = Join-Path $Module 'KubeCheckpoint.cat'

function Invoke-Build {
    Remove-Item $Catalog -ErrorAction Ignore
    dotnet build $Solution -c $Configuration
}

function Invoke-Test {
    dotnet test $Solution -c $Configuration
}

# With the code of all platforms. What was signed is packed as it is.
function Invoke-Pack {
    if (Test-Path $Catalog) {
        dotnet pack $Package -c $Configuration --no-build -p:NativePlatforms=
    }
    else {
        dotnet pack $Package -c $Configuration
    }
}

# The catalog has the hash of every file, third-party assemblies included.
function Invoke-Sign {
    if (-not $CertificateThumbprint) {
        Write-Host 'Nothing is signed: there is no -CertificateThumbprint.'
        return
    }
    if (-not $IsWindows) { throw 'Signing needs Windows: Set-AuthenticodeSignature and New-FileCatalog exist only there.' }

    $certificate = Get-ChildItem Cert:\ -Recurse -CodeSigningCert | Where-Object Thumbprint -EQ $CertificateThumbprint | Select-Object -First 1
    if (-not $certificate) { throw "No code-signing certificate has the thumbprint '$CertificateThumbprint'." }

    Remove-Item $Catalog -ErrorAction Ignore
    dotnet build $Package -c $Configuration -p:AllPlatforms=true
    $files = Get-ChildItem $Module -Recurse -Include 'KubeCheckpoint*.dll', '*.psd1', '*.ps1xml'
    Set-Signature $certificate $files.FullName
    $null = New-FileCatalog -Path $Module -CatalogFilePath $Catalog -CatalogVersion 2
    Set-Signature $certificate $Catalog
}

function Set-Signature($Certificate, [string[]] $Path) {
    Set-AuthenticodeSignature -LiteralPath $Path -Certificate $Certificate -HashAlgorithm SHA256 -TimestampServer $TimestampServer |
        Where-Object Status -NE 'Valid' |
        ForEach-Object { throw "'$($_.Path)' was not signed: $($_.StatusMessage)" }
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
