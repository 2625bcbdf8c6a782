# What Pester tests share. Invoke-PesterTests.ps1 imports it.

# A repository in the sandbox's registry.
function Get-Repository([string] $Name = 'pester') {
    "$env:KUBECHECKPOINT_TEST_REGISTRY/$Name"
}

# What a user sees of the piped objects at a terminal of that width.
function Get-Shown([Parameter(ValueFromPipeline)] $InputObject, [int] $Width = 120) {
    $input | Out-String -Width $Width
}

# What -WhatIf says. It goes to the host alone; a transcript has it.
function Get-WhatIfText([scriptblock] $Script) {
    $path = Join-Path ([IO.Path]::GetTempPath()) "kubecheckpoint-$([guid]::NewGuid()).txt"
    $null = Start-Transcript $path
    try {
        & $Script | Out-Null
    }
    finally {
        $null = Stop-Transcript
    }
    Get-Content $path -Raw
    Remove-Item $path
}

# Whether something comes true within a time that no busy machine exceeds.
function Wait-Until([scriptblock] $Condition) {
    $watch = [Diagnostics.Stopwatch]::StartNew()
    while (-not (& $Condition)) {
        if ($watch.Elapsed.TotalSeconds -gt 30) { return $false }
        Start-Sleep -Milliseconds 100
    }
    $true
}

# What the Tab key offers at the end of a line.
function Get-Completion([string] $Line) {
    (TabExpansion2 $Line).CompletionMatches.CompletionText
}

# What a new pwsh writes that runs a script. Environment variables in the table are set for it alone; $null removes one.
function Invoke-NewPowerShell([string] $Script, [hashtable] $Environment = @{}) {
    $start = [Diagnostics.ProcessStartInfo]::new('dotnet', [string[]] @((Join-Path $PSHOME 'pwsh.dll'), '-NoProfile', '-Command', $Script))
    $start.RedirectStandardOutput = $start.RedirectStandardError = $true
    foreach ($name in $Environment.Keys) {
        if ($null -eq $Environment[$name]) { $null = $start.Environment.Remove($name) } else { $start.Environment[$name] = $Environment[$name] }
    }

    $process = [Diagnostics.Process]::Start($start)
    $errors = $process.StandardError.ReadToEndAsync()
    $output = $process.StandardOutput.ReadToEnd()
    $process.WaitForExit()
    if ($process.ExitCode -ne 0 -or $errors.Result) { throw "pwsh ended with $($process.ExitCode): $($errors.Result)$output" }
    $output.Trim()
}
