import { useState } from 'react'

export type Theme = 'light' | 'dark' | 'auto'

/** The colours: as chosen here, else as the system wants them. Kept in this browser. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState<Theme>(() => (document.documentElement.dataset['theme'] as Theme) ?? 'auto')
  return [
    theme,
    (next) => {
      if (next === 'auto') {
        localStorage.removeItem('theme')
        delete document.documentElement.dataset['theme']
      } else {
        localStorage.setItem('theme', next)
        document.documentElement.dataset['theme'] = next
      }
      setTheme(next)
    },
  ]
}
