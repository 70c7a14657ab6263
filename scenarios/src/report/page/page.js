// @ts-check
// What the report's page does in a browser. The page is complete without it: it adds the shared cursor, the search, the
// filter and the copy buttons.

/**
 * @typedef {object} Moments What the page carries as JSON.
 * @property {number} fromMs
 * @property {number} toMs
 * @property {number[]} atMs
 * @property {Record<string, (number | null)[]>} series
 * @property {{name: string, fromMs: number, toMs: number}[]} phases
 * @property {{name: string, fromMs: number, toMs: number}[]} faults
 * @property {{atMs: number, text: string}[]} events
 */

const all = (/** @type {string} */ selector) => /** @type {HTMLElement[]} */ ([...document.querySelectorAll(selector)])
const byId = (/** @type {string} */ id) => document.getElementById(id)

const data = byId('moments')?.textContent
if (data) cursorOver(/** @type {Moments} */ (JSON.parse(data)))
deviceSearch()
copyButtons()
foldedTargets()

/** One cursor over all charts: by pointer on any of them, by the slider from the keyboard. @param {Moments} moments */
function cursorOver(moments) {
  const { fromMs, toMs, atMs } = moments
  const slider = /** @type {HTMLInputElement} */ (byId('moment'))
  const shown = all('[data-value]').map((element) => ({ element, atEnd: element.textContent }))
  const story = byId('story')
  const storyAtEnd = story?.textContent ?? ''
  /** @type {number | undefined} */
  let held

  /** @param {number} share */
  const show = (share) => {
    const moment = fromMs + share * (toMs - fromMs)
    document.documentElement.style.setProperty('--cursor', `${share * 100}%`)
    document.body.classList.add('pointing')
    const index = Math.max(
      0,
      atMs.findLastIndex((at) => at <= moment),
    )
    for (const { element } of shown) {
      const value = moments.series[element.dataset['value'] ?? '']?.[index]
      element.textContent = value === null || value === undefined ? '–' : value.toLocaleString('en')
    }
    const text = storyAt(moment)
    if (story) story.textContent = text
    slider.value = String(Math.round(share * 1000))
    slider.setAttribute('aria-valuetext', text)
  }
  const clear = () => {
    if (held !== undefined) return show(held)
    document.body.classList.remove('pointing')
    for (const { element, atEnd } of shown) element.textContent = atEnd
    if (story) story.textContent = storyAtEnd
  }

  /** @param {number} moment */
  const storyAt = (moment) => {
    const holds = (/** @type {{fromMs: number, toMs: number}} */ span) => span.fromMs <= moment && moment <= span.toMs
    const phase = moments.phases.findLast(holds)
    const faults = moments.faults.filter(holds).map(({ name }) => name)
    const event = moments.events.findLast((each) => each.atMs <= moment)
    return [
      elapsed(moment - fromMs),
      phase && `phase ${phase.name}`,
      faults.length > 0 && `fault: ${faults.join(', ')}`,
      event && `last event: ${event.text}`,
    ]
      .filter(Boolean)
      .join(' · ')
  }

  for (const plot of all('.plot')) {
    const shareOf = (/** @type {PointerEvent} */ event) => {
      const { left, width } = plot.getBoundingClientRect()
      return Math.min(1, Math.max(0, (event.clientX - left) / width))
    }
    plot.addEventListener('pointermove', (event) => show(shareOf(event)))
    plot.addEventListener('pointerleave', clear)
    plot.addEventListener('click', (event) => {
      held = shareOf(/** @type {PointerEvent} */ (event))
      show(held)
    })
  }
  slider.hidden = false
  slider.addEventListener('input', () => {
    held = Number(slider.value) / 1000
    show(held)
  })
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return
    held = undefined
    slider.value = '1000'
    clear()
  })
  for (const link of all('[data-moment]')) {
    link.addEventListener('click', () => {
      held = (Number(link.dataset['moment']) - fromMs) / Math.max(1, toMs - fromMs)
      show(Math.min(1, Math.max(0, held)))
    })
  }
}

/** @param {number} ms */
function elapsed(ms) {
  const seconds = Math.round(ms / 1000)
  const days = Math.floor(seconds / 86_400)
  const clock = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60]
  return `+${days > 0 ? `${days}d ` : ''}${clock.map((part) => String(part).padStart(2, '0')).join(':')}`
}

/** Rows of devices by what is typed and by state. */
function deviceSearch() {
  const search = /** @type {HTMLInputElement | null} */ (byId('search'))
  const state = /** @type {HTMLSelectElement | null} */ (byId('state'))
  const found = byId('found')
  if (!search || !state || !found) return
  const rows = all('#devices tbody tr').map((row) => ({ row, text: (row.textContent ?? '').toLowerCase() }))
  const apply = () => {
    const wanted = search.value.trim().toLowerCase()
    let count = 0
    for (const { row, text } of rows) {
      row.hidden = !text.includes(wanted) || (state.value !== '' && row.dataset['state'] !== state.value)
      if (!row.hidden) count++
    }
    found.textContent = `${count} of ${rows.length} shown`
  }
  for (const control of [search, state]) {
    control.disabled = false
    control.addEventListener('input', apply)
  }
}

function copyButtons() {
  for (const button of all('[data-copy]')) {
    button.hidden = false
    button.addEventListener('click', async () => {
      const source = byId(button.dataset['copy'] ?? '')
      try {
        await navigator.clipboard.writeText(source?.textContent ?? '')
        button.textContent = 'Copied'
      } catch {
        // A page from a file may not be allowed to: the text is marked, Ctrl-C takes it.
        if (source) getSelection()?.selectAllChildren(source)
        button.textContent = 'Press Ctrl-C'
      }
      setTimeout(() => {
        button.textContent = 'Copy'
      }, 2000)
    })
  }
}

/** A link into something folded unfolds it; printing unfolds what a reader would open. */
function foldedTargets() {
  const open = () => {
    const target = location.hash.length > 1 && byId(decodeURIComponent(location.hash.slice(1)))
    if (target)
      for (const details of [target.querySelector('details'), target.closest('details')])
        details?.setAttribute('open', '')
  }
  addEventListener('hashchange', open)
  open()
}
