# Completion of nodeselect in fish. In ~/.config/fish/config.fish: nodeselect completion fish | source

function __nodeselect_complete
    set -l before (commandline -xpc 2> /dev/null; or commandline -opc)
    set -l every (commandline -xp 2> /dev/null; or commandline -op)
    set -l token (commandline -ct)
    set -l lines (_NODESELECT_COMPLETE=fish_complete nodeselect (math (count $before) - 1) \
        $before[2..] "$token" $every[2..] 2> /dev/null)
    if test "$lines[1]" = file
        set -l option (string match -r -- '^--[a-z-]+=' $token)
        for path in (__fish_complete_path (string replace -r -- '^--[a-z-]+=' '' $token))
            echo "$option$path"
        end
    else if test -n "$lines[1]"
        printf '%s\n' $lines
    end
end

complete -c nodeselect --no-files --keep-order --arguments '(__nodeselect_complete)'
