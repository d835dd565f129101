import { momentText } from '../lib/format.js'

/** A moment in the viewer's zone; the exact instant when one points at it. */
export function Time({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={at} className="num">
      {momentText(new Date(at), new Date())}
    </time>
  )
}
