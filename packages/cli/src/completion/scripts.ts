// Completion scripts, made from the commands: the completions of each command, in the syntax of each shell.

import type { Command, Option } from 'commander'

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

interface Place {
  /** The words before: `sessions list`. */
  readonly path: string
  readonly words: readonly Word[]
}

interface Word {
  readonly text: string
  readonly description: string
}

export function completionScript(program: Command, shell: Shell): string {
  const places = placesOf(program, '')
  return { bash, zsh, fish }[shell](places)
}

function placesOf(command: Command, path: string): Place[] {
  const commands = command.commands.map((child) => ({ text: child.name(), description: child.description() }))
  const options = command.createHelp().visibleOptions(command).map(toWord)
  const choices = command.registeredArguments.flatMap(({ argChoices = [], description }) =>
    argChoices.map((text) => ({ text, description })),
  )
  return [
    { path, words: [...commands, ...choices, ...options] },
    ...command.commands.flatMap((child) => placesOf(child, `${path} ${child.name()}`.trim())),
  ]
}

const toWord = ({ long, short, description }: Option): Word => ({ text: long ?? short ?? '', description })

/** The words so far that are commands, without the options and values between them. */
const PATH_OF_WORDS = (known: string) => `
  local path="" word
  for word in "\${words[@]:1:$((current - 1))}"; do
    case " ${known} " in *" \${path:+$path/}$word "*) path="\${path:+$path/}$word" ;; esac
  done`

const slashed = (path: string): string => path.replaceAll(' ', '/')

const knownPaths = (places: readonly Place[]): string =>
  places
    .map(({ path }) => slashed(path))
    .filter((path) => path !== '')
    .join(' ')

const bash = (places: readonly Place[]): string => `# rightofway, for bash: source <(rightofway completion bash)
_rightofway() {
  local words=("\${COMP_WORDS[@]}") current=$COMP_CWORD${PATH_OF_WORDS(knownPaths(places))}
  local choices=""
  case "$path" in
${places.map(({ path, words }) => `    '${slashed(path)}') choices='${words.map(({ text }) => text).join(' ')}' ;;`).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$choices" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _rightofway rightofway
`

const zsh = (places: readonly Place[]): string => `#compdef rightofway
# rightofway, for zsh: source <(rightofway completion zsh)
_rightofway() {
  local path_="" word
  local -a choices
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case " ${knownPaths(places)} " in *" \${path_:+$path_/}$word "*) path_="\${path_:+$path_/}$word" ;; esac
  done
  case "$path_" in
${places
  .map(
    ({ path, words }) => `    '${slashed(path)}') choices=(${words.map((word) => `'${zshWord(word)}'`).join(' ')}) ;;`,
  )
  .join('\n')}
  esac
  _describe 'rightofway' choices
}
(( $+functions[compdef] )) && compdef _rightofway rightofway
`

/** In zsh a colon ends the word and begins its description. */
const zshWord = ({ text, description }: Word): string =>
  `${text.replaceAll(':', '\\:')}:${description.replaceAll("'", "'\\''").replaceAll(':', '\\:')}`

const fish = (places: readonly Place[]): string => `# rightofway, for fish: rightofway completion fish | source
function __rightofway_path
    set -l path
    for word in (commandline -opc)[2..]
        set -l next (string join / $path $word)
        contains -- $next ${knownPaths(places)}; and set path $next
    end
    echo $path
end
complete -c rightofway -f
${places
  .flatMap(({ path, words }) =>
    words.map(({ text, description }) => {
      const word = text.startsWith('--')
        ? `-l ${text.slice(2)}`
        : text.startsWith('-')
          ? `-s ${text.slice(1)}`
          : `-a ${text}`
      const where = `-n 'test (__rightofway_path) = "${slashed(path)}"'`
      return `complete -c rightofway ${where} ${word} -d '${description.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
    }),
  )
  .join('\n')}
`
