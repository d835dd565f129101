// The command line, with the gateway and all that they need, in few files: to read 1 500 modules takes longer than all else
// that a gateway does at its start. Each command has files of its own, which are read when it is wanted.

import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { build, type Metafile, type Plugin } from 'esbuild'
import { inBundle, referencesOf } from './references.js'

export interface Import {
  readonly name: string
  /** Read when it is wanted. */
  readonly isLater: boolean
}

export interface Bundle {
  /** Writes it into a folder, which holds nothing else. `main.js` starts it. */
  write(folder: string): void
  /** Texts of its files, by their names. */
  readonly files: ReadonlyMap<string, string>
  /** By the name of a file: what it imports, now or later. Its own files are `./NAME`. */
  readonly imports: ReadonlyMap<string, readonly Import[]>
  /** Folders of the packages in it that are not ours. */
  readonly packages: readonly string[]
}

/**
 * Not in the bundle: what is compiled for a machine, and what reads files of its own. The package of the command line
 * depends on them.
 */
const EXTERNAL = ['@fastify/swagger-ui', 'pg-native']

/** Packages in CommonJS ask for Node's own modules by this name. */
const REQUIRE =
  "import { createRequire as createRequireOfNode } from 'node:module'\nconst require = createRequireOfNode(import.meta.url)"

/**
 * Bundles sources as they are now.
 * @param root folder of the repository
 * @param outdir folder that it will be written into, or one as deep
 * @param sourceMaps whether debuggers find the sources
 */
export async function bundleProgram(root: string, outdir: string, sourceMaps: boolean): Promise<Bundle> {
  const { entries, assets } = referencesOf(root)
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: {
      main: join(root, 'packages/cli/src/main.ts'),
      ...Object.fromEntries(entries.map(({ name, source }) => [name, source])),
    },
    outdir,
    bundle: true,
    splitting: true,
    chunkNames: 'part-[hash]',
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    conditions: ['rightofway-source'],
    external: EXTERNAL,
    banner: { js: REQUIRE },
    sourcemap: sourceMaps && 'linked',
    legalComments: 'none',
    // Less to read, a fifteenth of the start. Names stay, and lines: stack traces have both.
    minifyWhitespace: true,
    minifySyntax: true,
    lineLimit: 160,
    plugins: [assetsBeside(root)],
    logLevel: 'warning',
    write: false,
    metafile: true,
  })
  const files = new Map(outputFiles.map(({ path, text }) => [relative(outdir, path), text]))
  return {
    files,
    imports: importsIn(metafile, (path) => relative(outdir, join(root, path))),
    packages: packagesIn(metafile),
    write(folder) {
      mkdirSync(folder, { recursive: true })
      for (const [name, text] of files) writeFileSync(join(folder, name), text)
      for (const { name, path } of assets) cpSync(path, join(folder, name), { recursive: true })
    },
  }
}

/** Files that are read stand in the folder of the bundle. */
const assetsBeside = (root: string): Plugin => ({
  name: 'assets',
  setup(build) {
    build.onLoad({ filter: /\/packages\/[^/]+\/src\/.+\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8')
      return { contents: inBundle(root, path, text), loader: 'ts', resolveDir: dirname(path) }
    })
  },
})

function importsIn({ outputs }: Metafile, nameOf: (path: string) => string): Bundle['imports'] {
  return new Map(
    Object.entries(outputs).map(([path, { imports }]) => [
      nameOf(path),
      imports.map(({ path, kind, external }) => ({
        name: external ? path : `./${nameOf(path)}`,
        isLater: kind !== 'import-statement',
      })),
    ]),
  )
}

function packagesIn({ inputs }: Metafile): readonly string[] {
  const folders = Object.keys(inputs).flatMap(
    (path) => /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(path)?.slice(0, 1) ?? [],
  )
  return [...new Set(folders)].sort()
}
