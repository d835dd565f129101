/** Has every file and folder that this process makes from now on be its user's alone, whatever the folder above allows. */
export const makeFilesPrivate = (): void => void process.umask(0o077)
