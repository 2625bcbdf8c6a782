# Help as Get-Help shows it.
BeforeDiscovery {
    $script:Names = (Get-Command -Module KubeCheckpoint).Name
}

Describe 'Help of <_>' -ForEach $Names {
    BeforeAll {
        $script:Help = Get-Help $_ -Full
    }

    It 'has a synopsis, examples and a text for each parameter' {
        $Help.Synopsis | Should -Not -Match "^\s*$_"
        $Help.examples.example.Count | Should -BeGreaterOrEqual 2
        $Help.examples.example.code | Where-Object { $_ -match [regex]::Escape($Help.Name) } | Should -Not -BeNullOrEmpty
        $common = [System.Management.Automation.PSCmdlet]::CommonParameters + [System.Management.Automation.PSCmdlet]::OptionalCommonParameters
        $documented = $Help.parameters.parameter | Where-Object { $_.description.Text } | ForEach-Object Name
        (Get-Command $_).Parameters.Keys | Where-Object { $_ -notin $common -and $_ -notin $documented } | Should -BeNullOrEmpty
    }

    It 'has examples that PowerShell understands, with parameters that exist' {
        foreach ($code in $Help.examples.example.code) {
            $errors = $null
            $ast = [System.Management.Automation.Language.Parser]::ParseInput($code, [ref] $null, [ref] $errors)
            $errors | Should -BeNullOrEmpty -Because $code
            foreach ($call in $ast.FindAll({ $args[0] -is [System.Management.Automation.Language.CommandAst] }, $true)) {
                $command = Get-Command $call.GetCommandName() -ErrorAction Ignore
                if ($command.Source -ne 'KubeCheckpoint') { continue }
                foreach ($parameter in $call.CommandElements | Where-Object { $_ -is [System.Management.Automation.Language.CommandParameterAst] }) {
                    { $command.ResolveParameter($parameter.ParameterName) } | Should -Not -Throw -Because $code
                }
            }
        }
    }
}
