#compdef s4cmd
# Completes s4cmd in zsh: commands, options, buckets and keys; else files.
_s4cmd() {
    local -a names directories
    names=(${(f)"$($words[1] _complete -- "${words[2]}" "${(Q)words[CURRENT]}" 2>/dev/null)"})
    if (( ! $#names )); then
        _files
        return
    fi
    # Behind a directory something follows.
    directories=(${(M)names:#*/})
    names=(${names:#*/})
    (( $#directories )) && compadd -S '' -a directories
    (( $#names )) && compadd -a names
}
if [[ $funcstack[1] == _s4cmd ]]; then
    _s4cmd "$@"
else
    compdef _s4cmd s4cmd
fi
