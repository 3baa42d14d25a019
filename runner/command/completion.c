/* SPDX-License-Identifier: MIT */
/* sluice completion bash|zsh: a script that makes the shell ask `sluice __complete`. */
#include <stdio.h>
#include <string.h>

#include "runner/command/command.h"

/* bash cuts words at = and : and replaces only the last piece, so that the pieces are put
 * together for the question and what is before the last one is taken off the answers. Names
 * of files are offered where the program has nothing better. */
static const char bash[] =
    "# bash completion of sluice; made by 'sluice completion bash'\n"
    "_sluice() {\n"
    "    local word words=() cut line candidate open='' files='' IFS=$'\\n'\n"
    "    local i glued=''\n"
    "    for ((i = 1; i <= COMP_CWORD; i++)); do\n"
    "        word=${COMP_WORDS[i]//\\\\/}\n"
    "        if ((i > 1)) && [[ -n $glued || $word == [=:]* ]]; then\n"
    "            words[${#words[@]}-1]+=$word\n"
    "        else\n"
    "            words+=(\"$word\")\n"
    "        fi\n"
    "        [[ $word == [=:] ]] && glued=1 || glued=''\n"
    "    done\n"
    "    word=${words[${#words[@]}-1]}\n"
    "    cut=${word%\"${word##*[=:]}\"}\n"
    "    COMPREPLY=()\n"
    "    while IFS= read -r line; do\n"
    "        case $line in\n"
    "        $'\\tfiles') files=-f ;;\n"
    "        $'\\tfolders') files=-d ;;\n"
    "        $'\\topen') open=1 ;;\n"
    "        $'\\t'*) ;;\n"
    "        *)\n"
    "            candidate=${line%%$'\\t'*}\n"
    "            [[ $candidate == *[.=/,] ]] && open=1\n"
    "            COMPREPLY+=(\"${candidate#\"$cut\"}\") ;;\n"
    "        esac\n"
    "    done < <(command \"${COMP_WORDS[0]/#\\~/$HOME}\" __complete -- \"${words[@]}\" "
    "2> "
    "/dev/null)\n"
    "    [[ -z $open ]] || compopt -o nospace 2> /dev/null\n"
    "    if [[ -n $files ]] && ((${#COMPREPLY[@]} == 0)); then\n"
    "        COMPREPLY=($(compgen $files -- \"${word##*[=:]}\"))\n"
    "        compopt -o filenames 2> /dev/null\n"
    "    fi\n"
    "}\n"
    "complete -F _sluice sluice\n";

/* zsh quotes what it inserts, and would not find '[' in what it has quoted: -U leaves it to
 * the program to say what fits. */
static const char zsh[] =
    "#compdef sluice\n"
    "# zsh completion of sluice; made by 'sluice completion zsh'\n"
    "_sluice() {\n"
    "    local line candidate open='' files=''\n"
    "    local -a ends shown_ends more shown_more\n"
    "    local -a asked=(\"${(@Q)words[2,CURRENT-1]}\" \"${(Q)PREFIX}\")\n"
    "    for line in \"${(@f)$(command ${(Q)words[1]} __complete -- $asked "
    "2> /dev/null)}\"; do\n"
    "        case $line in\n"
    "        $'\\tfiles') files=1 ;;\n"
    "        $'\\tfolders') files=-/ ;;\n"
    "        $'\\topen') open=1 ;;\n"
    "        $'\\t'*) ;;\n"
    "        ?*)\n"
    "            candidate=${line%%$'\\t'*}\n"
    "            if [[ -n $open || $candidate == *[.=/,] ]]; then\n"
    "                more+=(\"$candidate\")\n"
    "                shown_more+=(\"$candidate  ${line#*$'\\t'}\")\n"
    "            else\n"
    "                ends+=(\"$candidate\")\n"
    "                shown_ends+=(\"$candidate  ${line#*$'\\t'}\")\n"
    "            fi ;;\n"
    "        esac\n"
    "    done\n"
    "    (( $#ends )) && compadd -U -l -d shown_ends -a ends\n"
    "    (( $#more )) && compadd -U -S '' -l -d shown_more -a more\n"
    "    (( $#ends + $#more )) && return\n"
    "    [[ -z $files ]] || _files ${files#1}\n"
    "}\n"
    "if [[ $funcstack[1] == _sluice ]]; then\n"
    "    _sluice \"$@\"\n"
    "else\n"
    "    compdef _sluice sluice\n"
    "fi\n";

static enum sl_status
run(struct sl_call *call, int *exit_status, struct sl_error *err)
{
    (void)exit_status;
    if (strcmp(call->words[0], "bash") == 0)
        fputs(bash, stdout);
    else if (strcmp(call->words[0], "zsh") == 0)
        fputs(zsh, stdout);
    else
        return sl_fail(err, SL_ERR_CONFIG, "no script for '%s'; there are bash and zsh",
                       call->words[0]);
    return SL_OK;
}

static const struct sl_option options[] = {SL_OPTION_END};

const struct sl_command sl_command_completion = {
    .name = "completion",
    .arguments = "bash|zsh",
    .summary = "print a script that completes command lines",
    .help =
        "It completes commands, options, modules, the keys of the file that stands on "
        "the\n"
        "command line and the words they take, runs and figures. For this shell alone:\n"
        "  source <(sluice completion bash)\n"
        "An installed sluice brings it where bash-completion and zsh look for it.\n",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run,
};
