/**
 * The viewer's name over the picture: faint, moving, and back again when it is taken out of the page or changed. It binds a
 * copy to whoever made it; it does not stop somebody who rewrites the page. `close()` removes it.
 */
const MOVES_EVERY_MS = 8_000

export class Watermark {
  private mark: HTMLElement
  private readonly timer: ReturnType<typeof setInterval>
  private readonly observer: MutationObserver
  private step = 0

  constructor(
    private readonly host: HTMLElement,
    private readonly text: string,
  ) {
    this.mark = this.drawn()
    this.observer = new MutationObserver((changes) => {
      if (!this.host.contains(this.mark) || changes.some((change) => change.target !== this.host)) this.reinstate()
    })
    this.watch()
    this.timer = setInterval(() => this.move(), MOVES_EVERY_MS)
  }

  close(): void {
    clearInterval(this.timer)
    this.observer.disconnect()
    this.mark.remove()
  }

  private drawn(): HTMLElement {
    const mark = document.createElement('div')
    mark.dataset['testid'] = 'watermark'
    mark.setAttribute('aria-hidden', 'true')
    mark.textContent = this.text
    this.place(mark)
    this.host.append(mark)
    return mark
  }

  /** Through the whole picture in an order that no fixed patch covers. */
  private place(mark: HTMLElement): void {
    const [left, top] = [(this.step * 37) % 70, (this.step * 53) % 80]
    Object.assign(mark.style, {
      position: 'absolute', zIndex: '2', left: `${5 + left}%`, top: `${8 + top}%`, color: '#ffffff', opacity: '0.28', font: '600 clamp(12px, 2.2cqw, 22px) var(--font)',
      textShadow: '0 0 3px rgb(0 0 0 / 90%)', pointerEvents: 'none', userSelect: 'none', whiteSpace: 'nowrap', maxWidth: '60%', overflow: 'hidden',
    })
  }

  private move(): void {
    this.step += 1
    this.reinstate()
  }

  private reinstate(): void {
    this.observer.disconnect()
    this.mark.remove()
    this.mark = this.drawn()
    this.watch()
  }

  private watch(): void {
    this.observer.observe(this.host, { childList: true })
    this.observer.observe(this.mark, { attributes: true, characterData: true, childList: true, subtree: true })
  }
}
