// Part of npm run build: writes the command line into packages/cli/dist, in the few files that are published.

import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleProgram } from './program/bundle.js'
import { noticesOf } from './program/notices.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = join(root, 'packages/cli/dist')
const bundle = await bundleProgram(root, folder, false)
rmSync(folder, { recursive: true, force: true })
bundle.write(folder)
writeFileSync(join(folder, 'THIRD-PARTY-NOTICES.txt'), noticesOf(root, bundle.packages))
