import { describe, expect, it } from 'vitest'
import { embedAddress, embedCode } from '../src/core/embed_code'

describe('the code that a site pastes', () => {
  it('is one frame with the medium and its name', () => {
    const holder = document_of(embedCode('https://lectern.example', 'replay', 'r1', 'Fire safety'))
    expect(holder).toEqual({ frames: 1, src: 'https://lectern.example/embed/replay/r1', title: 'Fire safety' })
  })

  it('stays one frame whatever a title or an id holds', () => {
    const title = `"><script>alert('x')</script>&amp;`
    const holder = document_of(embedCode('https://lectern.example', 'microcourse', 'a"b/c', title))
    expect(holder).toEqual({ frames: 1, src: embedAddress('https://lectern.example', 'microcourse', 'a"b/c'), title })
    expect(holder.src).toBe('https://lectern.example/embed/microcourse/a%22b%2Fc')
  })
})

/** What a browser makes of the tag: attributes in double quotes, with the five characters of markup named. */
function document_of(code: string): { frames: number; src: string; title: string } {
  const tags = [...code.matchAll(/<(\w+)((?: [a-z]+(?:="[^"<>]*")?)*)>/g)]
  const attribute = (name: string): string => {
    const found = new RegExp(` ${name}="([^"]*)"`).exec(tags[0]?.[2] ?? '')?.[1] ?? ''
    return found.replace(/&quot;/g, '"').replace(/&#39;/g, "'").replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&')
  }
  expect(code.replace(tags[0]?.[0] ?? '', '')).toBe('</iframe>')
  return { frames: tags.filter((tag) => tag[1] === 'iframe').length, src: attribute('src'), title: attribute('title') }
}
