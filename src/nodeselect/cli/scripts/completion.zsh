#compdef nodeselect
# Completion of nodeselect in zsh. In ~/.zshrc: eval "$(nodeselect completion zsh)"

_nodeselect() {
    local kind value display
    local -a lines words_shown words_left parts_shown parts_left
    # Words without their quotes; the one before the cursor, without what is behind it.
    lines=("${(@f)$(_NODESELECT_COMPLETE=zsh_complete nodeselect $((CURRENT - 2)) \
        "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" "${(@Q)words[CURRENT+1,-1]}" 2> /dev/null)}")
    for line in $lines; do
        IFS=$'\t' read -r kind value display <<< $line
        display=${display[1,COLUMNS-1]}
        case $kind in
            file) compset -P '--[a-z-]#='; _files; return ;;
            part) parts_left+=("$value"); parts_shown+=("$display") ;;
            word) words_left+=("$value"); words_shown+=("$display") ;;
        esac
    done
    # -U: the whole word is replaced, -V: in this order, -S '': no blank behind it.
    (( $#words_left )) && compadd -U -V nodeselect -l -d words_shown -a words_left
    (( $#parts_left )) && compadd -U -V nodeselect -l -d parts_shown -S '' -a parts_left
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _nodeselect "$@"
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
    compdef _nodeselect nodeselect
fi
