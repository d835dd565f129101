import type { PortsSpec } from '@rightofway/camara'

/** `443, 5000-5010` as the contract has it; undefined of nothing: all ports. */
export function portsSpec(text: string): PortsSpec | undefined {
  const spec: { ranges?: { from: number; to: number }[]; ports?: number[] } = {}
  for (const word of text.split(/[\s,]+/).filter(Boolean)) {
    const [from = '', to] = word.split(/[-–]/)
    if (to === undefined) spec.ports = [...(spec.ports ?? []), Number(from)]
    else spec.ranges = [...(spec.ranges ?? []), { from: Number(from), to: Number(to) }]
  }
  return spec.ports === undefined && spec.ranges === undefined ? undefined : (spec as PortsSpec)
}
