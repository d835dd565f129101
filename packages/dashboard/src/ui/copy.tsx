import { useState } from 'react'

/** Copies a text, and says that it did. */
export function Copy({ text, what }: { readonly text: string; readonly what: string }) {
  const [said, setSaid] = useState('')
  const copy = () => {
    navigator.clipboard.writeText(text).then(
      () => setSaid('Copied'),
      () => setSaid('Select and copy the text'),
    )
  }
  return (
    <span className="row">
      <button type="button" onClick={copy} aria-label={`Copy ${what}`}>
        Copy
      </button>
      <span role="status" className="soft">
        {said}
      </span>
    </span>
  )
}
