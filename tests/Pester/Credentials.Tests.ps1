# Credential plugins at the prompt. The plugin is a shell script.
BeforeAll {
    $PSDefaultParameterValues['*:WarningAction'] = 'SilentlyContinue'
    $lines = Get-Content $env:KUBECONFIG
    $script:Server = ($lines -match '^    server:' -replace '.*?: ')[0]
    $script:Authority = ($lines -match 'certificate-authority-data:' -replace '.*?: ')[0]
    $script:Token = ($lines -match '^    token:' -replace '.*?: ')[0]

    # A kubeconfig whose user has a plugin that runs a shell command; each run adds a line to the file runs beside it.
    function New-PluginConfig([string] $Name, [string] $Command, [string] $More = ', interactiveMode: Never') {
        $folder = (New-Item (Join-Path $TestDrive $Name) -ItemType Directory).FullName
        Set-Content (Join-Path $folder plugin) "#!/bin/sh`necho run >> '$folder/runs'`n$Command"
        chmod +x (Join-Path $folder plugin)
        $path = Join-Path $folder config
        Set-Content $path @"
apiVersion: v1
kind: Config
current-context: plugin
clusters: [{name: sandbox, cluster: {server: '$Server', certificate-authority-data: $Authority}}]
contexts: [{name: plugin, context: {cluster: sandbox, user: me, namespace: shop}}]
users: [{name: me, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin$More}}}]
"@
        $path
    }

    function Get-PrintToken([string] $Token) {
        "echo '{`"apiVersion`":`"client.authentication.k8s.io/v1`",`"kind`":`"ExecCredential`",`"status`":{`"token`":`"$Token`"}}'"
    }

    function Get-Runs([string] $Config) {
        @(Get-Content (Join-Path (Split-Path $Config) runs) -ErrorAction Ignore).Count
    }
}

AfterAll {
    $PSDefaultParameterValues.Remove('*:WarningAction')
}

Describe 'A credential plugin' {
    It 'runs once for a pipeline of three cmdlets, and for the next one' {
        $config = New-PluginConfig pipeline (Get-PrintToken $Token)
        $archives = Get-Pod web-1, web-2 -KubeConfig $config | Invoke-ContainerCheckpoint -ThrottleLimit 2 |
            Save-CheckpointArchive -Destination (Join-Path $TestDrive cp) -ThrottleLimit 2
        $archives | Should -HaveCount 2
        (Get-Pod web-1 -KubeConfig $config).PodName | Should -Be 'web-1'
        Get-Runs $config | Should -Be 1
    }

    It 'runs again when the server refuses its token' {
        $config = New-PluginConfig refused "if [ `$(wc -l < '$TestDrive/refused/runs') = 1 ]; then $(Get-PrintToken stale); else $(Get-PrintToken $Token); fi"
        (Get-Pod web-1 -KubeConfig $config).PodName | Should -Be 'web-1'
        Get-Runs $config | Should -Be 2
    }

    It 'that fails is named with its exit code and messages, which cannot command the terminal' {
        $config = New-PluginConfig failing 'printf "SSO session expired: run corp login\033[2J" >&2; exit 7' ', interactiveMode: Never, installHint: get it from example.invalid'
        Get-Pod -KubeConfig $config -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem.FullyQualifiedErrorId | Should -BeLike 'CredentialPluginFailed,*'
        $problem.CategoryInfo.Category | Should -Be 'AuthenticationError'
        $problem.Exception.Message | Should -Be "The credential plugin './plugin' of the kubeconfig ended with exit code 7: SSO session expired: run corp login\u001b[2J"
        $problem.ErrorDetails.RecommendedAction | Should -BeLike '*get it from example.invalid'
    }

    It 'that fails is asked once for many pods' {
        $config = New-PluginConfig many 'exit 7'
        $pods = Get-Pod -AllNamespaces | Select-Object PodName, Namespace, @{ Name = 'KubeConfig'; Expression = { $config } }
        $pods | Invoke-ContainerCheckpoint -ErrorAction SilentlyContinue -ErrorVariable problems
        $problems.FullyQualifiedErrorId | Select-Object -Unique | Should -BeLike 'CredentialPluginFailed,*'
        Get-Runs $config | Should -Be 1
    }

    It 'that hangs ends with the cmdlet' {
        $config = New-PluginConfig hanging "echo `$`$ > '$TestDrive/hanging/pid'; sleep 60"
        $shell = [powershell]::Create().AddScript("Import-Module '$((Get-Module KubeCheckpoint).Path)'; Get-Pod -KubeConfig '$config'")
        $null = $shell.BeginInvoke()
        $pidFile = Join-Path (Split-Path $config) pid
        Wait-Until { Get-Content $pidFile -ErrorAction Ignore } | Should -BeTrue
        (Measure-Command { $shell.Stop() }).TotalSeconds | Should -BeLessThan 1
        Wait-Until { -not (Get-Process -Id (Get-Content $pidFile) -ErrorAction Ignore) } | Should -BeTrue
    }

    It 'is run for completion if it needs no terminal' {
        $config = New-PluginConfig completion (Get-PrintToken $Token)
        $usual = $env:KUBECONFIG
        $env:KUBECONFIG = $config
        try {
            Wait-Until { (Get-Completion 'Get-Pod -Name web-') -contains 'web-1' } | Should -BeTrue
        }
        finally {
            $env:KUBECONFIG = $usual
        }
        Get-Runs $config | Should -BeGreaterThan 0
    }

    It 'is not needed for completion with a kubeconfig relative to the location' {
        $config = New-PluginConfig relative (Get-PrintToken $Token)
        (Get-Content $config -Raw) -replace 'user: \{exec: .*\]', "user: {token: '$Token'}}]" | Set-Content $config
        Push-Location (Split-Path $config)
        try {
            Wait-Until { (Get-Completion 'Get-Pod -KubeConfig ./config -Name web-') -contains 'web-1' } | Should -BeTrue
        }
        finally {
            Pop-Location
        }
        Get-Runs $config | Should -Be 0
    }

    It 'is not run for completion if its kubeconfig is being typed' {
        $config = New-PluginConfig typed (Get-PrintToken $Token)
        Get-Completion "Get-Pod -KubeConfig '$config' -Name web-" | Should -BeNullOrEmpty
        Get-Runs $config | Should -Be 0
    }

    It 'asks the user at a terminal' {
        $config = New-PluginConfig terminal "printf 'code: ' >&2; read code; [ `"`$code`" = 1234 ] || exit 9; $(Get-PrintToken $Token)" ', interactiveMode: Always'
        $command = "Import-Module '$((Get-Module KubeCheckpoint).Path)'; (Get-Pod web-1 -KubeConfig '$config').PodName"
        $file = Join-Path $TestDrive terminal.ps1
        Set-Content $file $command

        # script(1) runs a command at a terminal of its own.
        $shown = '1234' | script -qec "dotnet '$(Join-Path $PSHOME pwsh.dll)' -NoProfile -File '$file'" /dev/null
        "$shown" | Should -BeLike '*code: *web-1*'

        $shown = $null | & dotnet (Join-Path $PSHOME pwsh.dll) -NoProfile -NonInteractive -File $file 2>&1
        "$shown" -replace '\s+', ' ' | Should -BeLike '*needs a terminal*'
        Get-Runs $config | Should -Be 1
    }
}
