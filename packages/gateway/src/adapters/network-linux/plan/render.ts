// Operations as text for nft and tc.

import { attributeText } from './leaf.js'
import { classId, DEFAULT_MINOR, hex, hex32, MARKS_MAP, OWNER_MAP, TABLE } from './names.js'
import type { NftOperation, Operation, Shaping, TcOperation } from './operations.js'
import { commentOf, OWNER_KEY } from './owner.js'
import { tableText } from './table.js'

/** The input of the tool, without an end of line. Only `fill` has several lines. */
export function render(operation: Operation): string {
  switch (operation.object) {
    case 'element':
    case 'mark':
    case 'owner':
      return `${operation.verb} element inet ${TABLE} ${elementText(operation)}`
    case 'table':
      return operation.verb === 'fill' ? tableText(operation.table) : `${operation.verb} table inet ${TABLE}`
    default:
      return tcText(operation)
  }
}

function elementText(operation: Exclude<NftOperation, { object: 'table' }>): string {
  switch (operation.object) {
    case 'element': {
      const { map, key, timeoutMs, minor } = operation
      const timeout = timeoutMs === undefined ? '' : ` timeout ${timeoutMs}ms`
      return `${map} { ${key}${timeout}${valueText(minor === undefined ? undefined : classId(minor))} }`
    }
    case 'mark': {
      const { ipVersion, minor, mark } = operation
      const value = mark === undefined ? undefined : `goto ${mark}_${ipVersion}`
      return `${MARKS_MAP}${ipVersion} { ${classId(minor)}${valueText(value)} }`
    }
    default: {
      const { mark, timeoutMs, file } = operation
      const timeout = timeoutMs === undefined ? '' : ` timeout ${timeoutMs / 1000}s`
      const comment = file === undefined ? '' : ` comment "${commentOf(file)}"`
      return `${OWNER_MAP} { ${OWNER_KEY}${timeout}${comment}${valueText(mark === undefined ? undefined : hex32(mark))} }`
    }
  }
}

const valueText = (value: string | undefined): string => (value === undefined ? '' : ` : ${value}`)

function tcText(operation: TcOperation): string {
  const { interface: dev } = operation
  switch (operation.object) {
    case 'class': {
      const id = classId(operation.minor, operation.handle)
      if (operation.verb === 'del') return `class del dev ${dev} classid ${id}`
      const { handle, parent, shaping } = operation
      const above = parent === undefined ? `${handle}:` : classId(parent, handle)
      return `class replace dev ${dev} parent ${above} classid ${id} htb ${shapingText(shaping)}`
    }
    case 'leaf': {
      const place = `dev ${dev} parent ${classId(operation.minor, operation.handle)}`
      if (operation.verb === 'del') return `qdisc del ${place}`
      const { verb, minor, leaf } = operation
      return `qdisc ${verb} ${place} handle ${hex(minor)}: ${leaf.kind} ${attributeText(leaf.attributes)}`.trimEnd()
    }
    case 'root':
      return operation.verb === 'del'
        ? `qdisc del dev ${dev} root`
        : `qdisc replace dev ${dev} root handle ${operation.handle}: htb default ${hex(DEFAULT_MINOR)}`
    default:
      return `filter del dev ${dev} parent ${operation.parent} chain ${operation.chain}`
  }
}

const shapingText = ({ rateBps, ceilBps, priority, burst, cburst, quantum }: Shaping): string =>
  Object.entries({
    rate: `${rateBps}bit`,
    ceil: ceilBps === undefined ? undefined : `${ceilBps}bit`,
    prio: priority,
    burst,
    cburst,
    quantum,
  })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} ${value}`)
    .join(' ')
