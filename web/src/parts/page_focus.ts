/**
 * Where the keyboard and a screen reader go when the page under them was exchanged: to the top of its content. Does nothing
 * while something that is still there has the focus.
 */
export function focusPage(): void {
  const active = document.activeElement
  if (active && active !== document.body) return
  toContent()
}

/** The same on demand (the skip link), whatever has the focus. */
export function toContent(): void {
  const main = document.querySelector('main')
  if (!main) return
  main.tabIndex = -1
  main.focus({ preventScroll: true })
}
