# Completes s4cmd in fish: commands, options, buckets and keys, and files.
function __s4cmd_names
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    set -l command $words[2]
    test -n "$command"; or set command $word
    $words[1] _complete -- "$command" "$word" 2>/dev/null
end
complete -c s4cmd -a '(__s4cmd_names)'
