# Completes s4cmd in bash: commands, options, buckets and keys; else files.
_s4cmd() {
    # Readline cuts words at colons, S3 does not.
    local line=${COMP_LINE:0:COMP_POINT} word cut name
    word=${line##*[[:blank:]]}
    cut=
    [[ $COMP_WORDBREAKS == *:* ]] && cut=${word%"${word##*:}"}
    COMPREPLY=()
    while IFS= read -r name; do
        printf -v name %q "$name"
        COMPREPLY+=("${name#"$cut"}")
    done < <("$1" _complete -- "${COMP_WORDS[1]}" "$word" 2>/dev/null)
    # Behind a directory something follows.
    if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == */ ]]; then
        compopt -o nospace
    fi
}
complete -o default -F _s4cmd s4cmd
