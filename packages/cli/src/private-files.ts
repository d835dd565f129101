/** Makes every file and folder that this process creates from now on private to its user. */
export const makeFilesPrivate = (): void => void process.umask(0o077)
