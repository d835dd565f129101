import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The file that Node runs to start this command line again, built or from its sources. */
export const PROGRAM_FILE = fileURLToPath(new URL(`./main${extname(import.meta.url)}`, import.meta.url))
