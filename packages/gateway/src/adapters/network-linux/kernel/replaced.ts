// What was in our place before: an administrator's root qdisc, put back when our tree goes.

import type { ReplacedQdisc } from '../state/reservation-table.js'
import { type KernelExec, KernelRefused } from './exec.js'

/** @returns whether tc took it back */
export async function putBack(exec: KernelExec, { interface: name, qdisc }: ReplacedQdisc): Promise<boolean> {
  try {
    await exec.read('tc', ['qdisc', 'add', 'dev', name, 'root', ...qdisc.split(' ')])
    return true
  } catch (error) {
    if (!(error instanceof KernelRefused)) throw error
    return false
  }
}
