#Requires -Version 7.4
# Runs the Pester tests against the built module and a sandbox cluster; ends with a line that .ci/run reads.
[CmdletBinding()]
param([string] $Configuration = 'Release')

$ErrorActionPreference = 'Stop'
$root = Split-Path (Split-Path $PSScriptRoot)
$sandbox = Join-Path $root 'src' 'KubeCheckpoint.Sandbox' 'bin' $Configuration 'net10.0' 'KubeCheckpoint.Sandbox.dll'
$folder = Join-Path ([IO.Path]::GetTempPath()) "kubecheckpoint-pester-$PID"
$null = New-Item $folder -ItemType Directory
$env:KUBECHECKPOINT_TEST_FOLDER = $folder
$env:KUBECONFIG = Join-Path $folder 'kubeconfig'
$env:PSModulePath = (Join-Path $root 'out') + [IO.Path]::PathSeparator + $env:PSModulePath

$cluster = Start-Process dotnet -ArgumentList $sandbox, '--serve', '--kubeconfig', $env:KUBECONFIG -PassThru -RedirectStandardOutput (Join-Path $folder 'sandbox.log')
try {
    $deadline = [DateTime]::UtcNow.AddSeconds(60)
    while (-not (Test-Path $env:KUBECONFIG)) {
        if ($cluster.HasExited -or [DateTime]::UtcNow -gt $deadline) { throw 'The sandbox did not start.' }
        Start-Sleep -Milliseconds 200
    }

    Import-Module Pester -MinimumVersion 5.0
    $result = Invoke-Pester -Path $PSScriptRoot -PassThru -Output Detailed
    Write-Host "Passed: $($result.PassedCount), Failed: $($result.FailedCount), Skipped: $($result.SkippedCount)"
}
finally {
    if (-not $cluster.HasExited) { $cluster.Kill($true) }
    Remove-Item $folder -Recurse -Force
}

exit $result.FailedCount
