import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { openLog } from './log.js'
import { LogOutput } from './log-output.js'

/** A file with room for so many bytes. */
class SmallDisk {
  room = 0
  text = ''

  readonly write = (bytes: Buffer, done: (error: NodeJS.ErrnoException | null, written: number) => void): void => {
    const fits = bytes.subarray(0, this.room)
    this.room -= fits.length
    this.text += String(fits)
    if (fits.length > 0 || bytes.length === 0) done(null, fits.length)
    else done(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }), 0)
  }
}

const NOON = Date.parse('2030-01-01T12:00:00Z')

describe('the output of the log', () => {
  it('counts the lines that do not fit, and logs the count when there is room again', () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const disk = new SmallDisk()
    const output = new LogOutput(disk.write, () => NOON)
    disk.room = 10
    output.write('first\n')
    expect(output.warnings).toEqual([])
    output.write('second\n')
    output.write('third\n')
    expect(output.warnings).toEqual(['the log cannot be written: its disk is full. 2 lines are lost'])
    vi.advanceTimersByTime(5_000)
    expect(output.warnings).toEqual(['the log cannot be written: its disk is full. 2 lines are lost'])

    disk.room = 1_000
    vi.advanceTimersByTime(1_000)
    expect(output.warnings).toEqual([])
    output.write('fourth\n')
    const [first, broken, notice, fourth] = disk.text.split('\n')
    expect([first, broken, fourth]).toEqual(['first', 'seco', 'fourth'])
    expect(JSON.parse(notice as string)).toEqual({
      level: 40,
      time: '2030-01-01T12:00:00.000Z',
      lost: 2,
      reason: 'its disk is full',
      msg: 'log lines were lost',
    })
  })

  it('keeps no more than a mebibyte for a reader that does not read', () => {
    let read: (() => void) | undefined
    const written: string[] = []
    const output = new LogOutput(
      (bytes, done) => {
        read = () => {
          written.push(String(bytes))
          done(null, bytes.length)
        }
      },
      () => NOON,
    )
    const line = `${'x'.repeat(1_023)}\n`
    for (let count = 0; count < 2_048; count++) output.write(line)
    expect(output.warnings).toEqual(['the log cannot be written: its reader is too slow. 1024 lines are lost'])
    read?.()
    read?.()
    expect(output.warnings).toEqual([])
    expect(written.join('').split(line)).toHaveLength(1_025)
    expect(written.join('')).toContain('"lost":1024')
  })

  it('does not delay a stop', async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const end = vi.fn()
    const output = new LogOutput(() => undefined, Date.now, end)
    output.write('never written\n')
    const closed = output.close()
    await vi.runAllTimersAsync()
    await closed
    expect(end).toHaveBeenCalledOnce()
  })

  it('has times in ISO 8601', () => {
    const lines: string[] = []
    openLog('info', { write: (line) => void lines.push(line) }).info('listening')
    expect((JSON.parse(lines[0] as string) as { time: string }).time).toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
    )
  })
})
