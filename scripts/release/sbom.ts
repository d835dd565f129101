// What a package is made of, as CycloneDX: npm's own list of all workspaces, reduced to one package and what it needs.

interface Component {
  readonly 'bom-ref': string
  readonly name: string
}
interface Dependency {
  readonly ref: string
  readonly dependsOn?: readonly string[]
}
export interface Bom {
  readonly metadata: { readonly component: Component }
  readonly components: readonly Component[]
  readonly dependencies: readonly Dependency[]
}

export interface Manifest {
  readonly name: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/**
 * @param bom of `npm sbom --sbom-format cyclonedx` in the root: with what only we need, since npm's `--omit dev` leaves
 *   out what a package and our tests both need
 * @param manifests of the workspaces
 * @param name of a workspace: `@rightofway/sdk`
 * @throws {Error} the package is not in it, or lacks something that it needs
 */
export function sbomOf(bom: Bom, manifests: readonly Manifest[], name: string): Bom {
  // npm names workspaces by their folders there; the reference has the whole name.
  const components = bom.components.map((component) => ({ ...component, name: nameIn(component['bom-ref']) }))
  const subject = components.find((component) => component.name === name)
  if (subject === undefined) throw new Error(`npm's list of components has no ${name}`)
  const wanted = new Map(manifests.map((manifest) => [manifest.name, neededBy(manifest)]))
  const edges = new Map<string, readonly string[]>()
  for (const { ref, dependsOn = [] } of bom.dependencies) {
    const ours = wanted.get(nameIn(ref))
    const needed = ours === undefined ? dependsOn : dependsOn.filter((other) => ours.has(nameIn(other)))
    const lacking = [...(ours ?? [])].filter((other) => !needed.some((ref) => nameIn(ref) === other))
    if (lacking.length > 0) throw new Error(`npm's list of what ${ref} needs lacks ${lacking.join(', ')}`)
    edges.set(ref, needed)
  }
  const reached = new Set<string>()
  const visit = (ref: string): void => {
    if (reached.has(ref)) return
    reached.add(ref)
    for (const needed of edges.get(ref) ?? []) visit(needed)
  }
  visit(subject['bom-ref'])
  return {
    ...bom,
    metadata: { ...bom.metadata, component: subject },
    components: components.filter((component) => component !== subject && reached.has(component['bom-ref'])),
    dependencies: [...edges].filter(([ref]) => reached.has(ref)).map(([ref, dependsOn]) => ({ ref, dependsOn })),
  }
}

/** `@rightofway/sdk` of `@rightofway/sdk@0.1.0`. */
const nameIn = (ref: string): string => ref.slice(0, ref.lastIndexOf('@'))

/** Names of packages; of an alias (`npm:NAME@RANGE`) the name that it stands for. */
function neededBy({ dependencies, optionalDependencies }: Manifest): ReadonlySet<string> {
  const ranges = Object.entries({ ...dependencies, ...optionalDependencies })
  return new Set(ranges.map(([name, range]) => (range.startsWith('npm:') ? nameIn(range.slice('npm:'.length)) : name)))
}
