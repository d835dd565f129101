/** A share of a whole. */
export function Bar({ share, label }: { readonly share: number; readonly label: string }) {
  const width = Math.max(0, Math.min(100, share * 100))
  return (
    <svg className="bar" role="img" aria-label={label} viewBox="0 0 100 8" preserveAspectRatio="none">
      <rect width="100" height="8" />
      <rect width={width} height="8" />
    </svg>
  )
}

/** A count for each of some spans of time, one after the other. */
export function Columns({ counts, label }: { readonly counts: readonly number[]; readonly label: string }) {
  const most = Math.max(1, ...counts)
  return (
    <svg
      className="columns"
      role="img"
      aria-label={label}
      viewBox={`0 0 ${counts.length * 10} 70`}
      preserveAspectRatio="none"
    >
      {counts.map((count, index) => {
        const height = count === 0 ? 1 : Math.max(3, (count / most) * 70)
        // The place is what tells them apart.
        // biome-ignore lint/suspicious/noArrayIndexKey: they do not move
        return <rect key={index} x={index * 10 + 1} width="8" y={70 - height} height={height} />
      })}
    </svg>
  )
}
