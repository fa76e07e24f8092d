# Completion of nodeselect in bash, 4.4 or newer. In ~/.bashrc: eval "$(nodeselect completion bash)"

_nodeselect() {
    local kind value
    COMPREPLY=()
    # $2 is what readline replaces: a word ends at the characters of COMP_WORDBREAKS, such as "=".
    while IFS=$'\t' read -r kind value; do
        case $kind in
            file) compopt -o default ;; # file names, since there is nothing in COMPREPLY
            part) compopt -o nospace; COMPREPLY+=("$value") ;;
            word) COMPREPLY+=("$value") ;;
        esac
    done < <(COMP_TYPE=$COMP_TYPE _NODESELECT_COMPLETE=bash_complete nodeselect \
        "${COMP_LINE:0:COMP_POINT}" "$2" "${COMP_LINE:COMP_POINT}" 2> /dev/null)
}

complete -o nosort -F _nodeselect nodeselect
