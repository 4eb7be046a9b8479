{ runCommand, module }: runCommand "hubwright-docs" { } "mkdir $out"
