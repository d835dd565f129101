// An administrator's root qdisc that our tree replaced: it is put back when the tree is removed.

import type { ReplacedQdisc } from '../state/reservation-table.js'
import { type KernelExec, KernelRefused } from './exec.js'

/** @returns whether tc accepted it */
export async function putBack(exec: KernelExec, { interface: name, qdisc }: ReplacedQdisc): Promise<boolean> {
  try {
    await exec.read('tc', ['qdisc', 'add', 'dev', name, 'root', ...qdisc.split(' ')])
    return true
  } catch (error) {
    if (!(error instanceof KernelRefused)) throw error
    return false
  }
}
