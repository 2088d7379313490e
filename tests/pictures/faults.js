// What a picture does not shout: words cut off or without words, things too small to touch, a page without a title.
(touched) => {
  const said = (e) => (e.getAttribute('aria-label') ?? e.textContent).trim().replace(/\s+/g, ' ').slice(0, 60)
  const seen = (e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest('.hidden-text, .skip-link')
  const found = []
  for (const e of document.querySelectorAll('body *')) {
    if (!seen(e)) continue
    const style = getComputedStyle(e)
    const clips = ['hidden', 'clip'].includes(style.overflowX) && !/^(INPUT|TEXTAREA|SELECT)$/.test(e.tagName)
    if (clips && e.clientWidth > 4 && e.scrollWidth > e.clientWidth + 1 && said(e) !== '' && !e.title) found.push(`cut off: ${said(e)}`)
  }
  const press = 'button, [role=tab], a.button, summary, select, input:not([type=hidden]), textarea'
  if (touched) for (const e of document.querySelectorAll(press)) {
    if (!seen(e)) continue
    const box = (/^(checkbox|radio|file)$/.test(e.type) ? e.closest('label') ?? e : e).getBoundingClientRect()
    if (box.height > 0 && box.height < 43.5) found.push(`${Math.round(box.height)} px high: <${e.tagName.toLowerCase()}> ${said(e)}`)
  }
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (words.nextNode()) {
    const text = words.currentNode.data.trim()
    if (/^[a-z]\w+(\.[\w-]+)+$/.test(text) && !words.currentNode.parentElement.closest('code')) found.push(`no words for: ${text}`)
    if (/\bundefined\b|\bNaN\b|\[object/.test(text)) found.push(`broken words: ${text.slice(0, 60)}`)
  }
  if (document.documentElement.scrollWidth > innerWidth) found.push('wider than the window')
  if (document.title === 'Lectern' || document.title === '') found.push('the page has no title')
  return [...new Set(found)]
}
