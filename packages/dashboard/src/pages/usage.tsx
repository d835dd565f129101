import { useEffect, useRef, useState } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { ApiError, get, part } from '../api/client.js'
import type { AdminSessionDetail, Usage } from '../api/types.js'
import { bytesText, rateText } from '../lib/format.js'
import { Empty, ErrorNote } from '../ui/feedback.js'

const EVERY_MS = 2_000
const POINTS = 150

/** Seconds since the epoch, down and up (bits per second). */
type Points = [number[], number[], number[]]

/** What the session uses of what it was granted, live. */
export function UsageCard({ session }: { readonly session: AdminSessionDetail }) {
  const { sessionId, qosStatus, counted, downlink, uplink } = session
  const [usage, setUsage] = useState<Usage>()
  const [error, setError] = useState<ApiError>()
  const [points, setPoints] = useState<Points>([[], [], []])
  useEffect(() => {
    if (qosStatus !== 'AVAILABLE' || !counted) return
    const read = (): void => {
      get<Usage>(`/sessions/${part(sessionId)}/usage`).then(
        (next) => {
          setUsage(next)
          setError(undefined)
          setPoints(([at, down, up]) => [
            [...at, Date.now() / 1000].slice(-POINTS),
            [...down, next.downlink.bitsPerSecond].slice(-POINTS),
            [...up, next.uplink.bitsPerSecond].slice(-POINTS),
          ])
        },
        (reason: unknown) =>
          setError(reason instanceof ApiError ? reason : new ApiError(0, 'INTERNAL', String(reason))),
      )
    }
    read()
    const timer = setInterval(() => document.visibilityState === 'visible' && read(), EVERY_MS)
    return () => clearInterval(timer)
  }, [sessionId, qosStatus, counted])

  return (
    <section className="card wide">
      <h2>Used</h2>
      {usage === undefined ? (
        error !== undefined ? (
          <ErrorNote error={error} />
        ) : (
          <Empty title="No traffic is measured">
            <p>
              {!counted
                ? 'Traffic is measured on Linux networks only. For those, a chart shows granted and used rates here.'
                : 'The chart shows the traffic of a session while it is AVAILABLE, if its network measures it.'}
            </p>
          </Empty>
        )
      ) : (
        <>
          <dl className="facts">
            <dt>Down</dt>
            <dd className="num">{directionText(usage.downlink, downlink.guaranteedBps)}</dd>
            <dt>Up</dt>
            <dd className="num">{directionText(usage.uplink, uplink.guaranteedBps)}</dd>
          </dl>
          <Plot points={points} granted={[downlink.guaranteedBps, uplink.guaranteedBps]} />
        </>
      )}
    </section>
  )
}

const directionText = ({ bitsPerSecond, bytes, dropped }: Usage['downlink'], granted: number): string =>
  `${rateText(bitsPerSecond)}${granted > 0 ? ` of ${rateText(granted)} granted` : ''}; ${bytesText(bytes)} in all` +
  (dropped > 0 ? `, ${dropped} packets dropped` : '')

interface PlotProps {
  readonly points: Points
  /** Bits per second, down and up; 0 is no guarantee. */
  readonly granted: readonly [number, number]
}

function Plot({ points, granted: [down, up] }: PlotProps) {
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(undefined)
  useEffect(() => {
    const element = box.current
    if (element === null) return
    const style = getComputedStyle(document.documentElement)
    const colour = (name: string) => style.getPropertyValue(name).trim()
    const axis = {
      stroke: colour('--ink-soft'),
      grid: { stroke: colour('--line') },
      ticks: { stroke: colour('--line') },
    }
    const rate = (_: uPlot, value: number | null) => (value === null ? '–' : rateText(value))
    const made = new uPlot(
      {
        width: element.clientWidth,
        height: 200,
        scales: { y: { range: (_, __, max) => [0, Math.max(max, down, up, 1) * 1.05] } },
        axes: [axis, { ...axis, size: 80, values: (_, values) => values.map((value) => rateText(value)) }],
        series: [
          {},
          { label: 'down', stroke: colour('--bar'), width: 2, value: rate },
          { label: 'up', stroke: colour('--bar-2'), width: 2, dash: [6, 3], value: rate },
          { label: 'granted down', stroke: colour('--ink-soft'), dash: [2, 4], value: rate },
          { label: 'granted up', stroke: colour('--line-strong'), dash: [2, 4], value: rate },
        ],
      },
      [[], [], [], [], []],
      element,
    )
    plot.current = made
    const resized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: 200 }))
    resized.observe(element)
    return () => {
      resized.disconnect()
      made.destroy()
    }
  }, [down, up])
  useEffect(() => {
    const [at, used, sent] = points
    const line = (bps: number) => at.map(() => (bps > 0 ? bps : null))
    plot.current?.setData([at, used, sent, line(down), line(up)])
  }, [points, down, up])
  return <div ref={box} role="img" aria-label="Used and granted rates of the last minutes" />
}
