# SPDX-License-Identifier: MIT
# Completion in bash and zsh, at a terminal. usage: shells.py SLUICE bash|zsh FOLDER, where
# FOLDER has flow.yaml and results/flow, a run of it.
import os
import sys

from drive import Shell, check

sluice, name, folder = sys.argv[1:]
environment = {
    "PATH": os.path.dirname(sluice) + ":" + os.environ["PATH"],
    "HOME": folder,
    "TERM": "dumb" if name == "bash" else "vt100",
    "LC_ALL": "C.UTF-8",
    "PS1": "READY> ",
    "COLUMNS": "200",
}
if name == "bash":
    argv = ["bash", "--noprofile", "--norc", "-i"]
    setup = [
        "bind 'set bell-style none'; bind 'set enable-bracketed-paste off'",
        "show() { printf 'LINE<<%s<<END' \"$READLINE_LINE\"; READLINE_LINE=; READLINE_POINT=0; }",
        "bind -x '\"\\C-x\\C-t\": show'",
        "source <(sluice completion bash)",
    ]
else:
    argv = ["zsh", "-f", "-i"]
    setup = [
        "unsetopt ZLE_RPROMPT PROMPT_SP PROMPT_CR BEEP; PS1='READY> '",
        "autoload -Uz compinit; compinit -u -D",
        "setopt NO_LIST_AMBIGUOUS NO_AUTO_LIST NO_AUTO_MENU NO_AUTO_REMOVE_SLASH",
        "show() { print -rn -- \"LINE<<$BUFFER<<END\"; BUFFER= }",
        "zle -N show; bindkey '^X^T' show",
        "source <(sluice completion zsh)",
    ]
run = next(entry for entry in sorted(os.listdir(folder + "/results/flow/runs")))
shell = Shell(argv, folder, environment, setup)
failures = check(shell, run, "'" if name == "zsh" else "")
shell.close()
sys.exit(bool(failures))
