// What was in our place before: an administrator's root qdisc, put back when our tree goes.

import type { ReplacedQdisc } from './books.js'
import { type Door, KernelRefused } from './door.js'

/** @returns whether tc took it back */
export async function putBack(door: Door, { interface: name, qdisc }: ReplacedQdisc): Promise<boolean> {
  try {
    await door.read('tc', ['qdisc', 'add', 'dev', name, 'root', ...qdisc.split(' ')])
    return true
  } catch (error) {
    if (!(error instanceof KernelRefused)) throw error
    return false
  }
}
