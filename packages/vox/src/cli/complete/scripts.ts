/** The functions that make shells ask `vox __complete`. They know no command: new ones need no new script. */

// `:` and `=` part words for bash, so it sends the whole line; the answers come without what it takes for done.
const BASH = `# Completion of vox for bash. Try it: source <(vox completion bash)
# For good: vox completion bash > ~/.local/share/bash-completion/completions/vox
_vox() {
  local reply line
  COMPREPLY=()
  reply=$("$1" __complete bash "\${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2>/dev/null) || return 0
  if [[ $reply == files* ]]; then
    if ! compopt -o default 2>/dev/null; then
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$2")
    fi
    return 0
  fi
  while IFS= read -r line; do
    [[ $line == *$'\\t'* ]] && COMPREPLY+=("\${line%%$'\\t'*}")
  done <<< "$reply"
}
complete -F _vox vox
`;

const ZSH = `#compdef vox
# Completion of vox for zsh. Try it: source <(vox completion zsh)
# For good: vox completion zsh > "\${fpath[1]}/_vox", then start a new shell
_vox() {
  local -a lines values
  local line
  lines=("\${(@f)$("\${words[1]}" __complete words "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ \${lines[1]} == files ]]; then
    _files
    return
  fi
  for line in "\${(@)lines[2,-1]}"; do
    [[ -n $line ]] && values+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  (( \${#values} )) && _describe -V vox values
}
if [[ \${funcstack[1]} == _vox ]]; then
  _vox "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit -u }
  compdef _vox vox
fi
`;

const FISH = `# Completion of vox for fish. Try it: vox completion fish | source
# For good: vox completion fish > ~/.config/fish/completions/vox.fish
function __vox_complete
    set -l words (commandline -opc)
    set -l program $words[1]
    set -e words[1]
    set -l current (commandline -ct)
    set -l reply ($program __complete words $words "$current" 2>/dev/null)
    if test "$reply[1]" = files
        __fish_complete_path "$current"
        return
    end
    set -e reply[1]
    for line in $reply
        echo $line
    end
end
complete -c vox -f -a '(__vox_complete)'
`;

/** By the shell's name. */
export const SCRIPTS: Readonly<Record<string, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
