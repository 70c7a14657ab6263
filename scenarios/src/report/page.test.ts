import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import axe from 'axe-core'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renderHtml } from './html.ts'
import { largeResult } from './run-result.test-support.ts'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const executable = (process.env['PATH'] ?? '')
  .split(delimiter)
  .flatMap((folder) => names.map((name) => join(folder, name)))
  .find((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
const SAMPLES = 61

describe.skipIf(executable === undefined)(
  'the page in a browser (needs a chromium on the PATH)',
  { timeout: 90_000 },
  () => {
    const dir = mkdtempSync(join(tmpdir(), 'muster-page-'))
    const path = join(dir, 'report.html')
    let browser: Browser
    beforeAll(async () => {
      writeFileSync(path, renderHtml(largeResult({ samples: SAMPLES, devices: 60 })))
      browser = await chromium.launch({
        executablePath: executable as string,
        args: [
          '--no-sandbox',
          '--disable-gpu',
          '--disable-quic',
          '--no-first-run',
          '--disable-background-networking',
          '--disable-component-update',
          '--disable-sync',
        ],
      })
    })
    afterAll(async () => {
      await browser?.close()
      rmSync(dir, { recursive: true, force: true })
    })

    /** Open the page, work with it, and hold it to having been silent: no error, no dialog, no request but for itself. */
    async function visit(options: BrowserContextOptions, work: (page: Page) => Promise<void>): Promise<void> {
      const context = await browser.newContext(options)
      const page = await context.newPage()
      const noises: string[] = []
      page.on('console', (message) => noises.push(message.text()))
      page.on('pageerror', (error) => noises.push(error.message))
      page.on('dialog', (dialog) => {
        noises.push(dialog.message())
        void dialog.dismiss()
      })
      page.on('request', (request) => request.url() === pathToFileURL(path).href || noises.push(request.url()))
      try {
        await page.goto(pathToFileURL(path).href)
        await work(page)
        expect(noises).toEqual([])
      } finally {
        await context.close()
      }
    }

    it.each([
      ['light', { colorScheme: 'light', viewport: { width: 1280, height: 900 } }],
      ['dark', { colorScheme: 'dark', viewport: { width: 1280, height: 900 } }],
      ['narrow', { viewport: { width: 360, height: 740 } }],
    ] as const)('has nothing that axe objects to: %s', async (_name, options) => {
      await visit(options, async (page) => {
        for (const details of await page.locator('details').all())
          await details.evaluate((each) => each.setAttribute('open', ''))
        await page.evaluate(axe.source)
        const violations = await page.evaluate(async () => {
          const { run } = (
            globalThis as unknown as {
              axe: {
                run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }>
              }
            }
          ).axe
          return (await run()).violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`)
        })
        expect(violations).toEqual([])
        const [content, window] = await page.evaluate(() => {
          const { scrollWidth, clientWidth } = (
            globalThis as unknown as { document: { documentElement: { scrollWidth: number; clientWidth: number } } }
          ).document.documentElement
          return [scrollWidth, clientWidth]
        })
        expect(content).toBeLessThanOrEqual(window ?? 0)
      })
    })

    it('shows what failed first, and each failure leads to its moment and its devices', async () => {
      await visit({}, async (page) => {
        expect(await page.locator('main > section').first().getAttribute('id')).toBe('failures')
        const card = page.locator('.failure', { hasText: 'a = 2' })
        await card.locator('[data-moment]').click()
        expect(await page.locator('#story').textContent()).toContain('+00:10:00')
        await card.locator('a[href="#device-d-1"]').click()
        expect(await page.locator('#device-d-1 details').getAttribute('open')).toBe('')
      })
    })

    it('has one cursor for all charts, by pointer and by key', async () => {
      await visit({ viewport: { width: 1280, height: 900 } }, async (page) => {
        const compliant = page.locator('.legend [data-value=compliant]')
        expect(await compliant.textContent()).toBe(String(SAMPLES - 1))
        const plot = page.locator('#messaging .plot').first()
        await plot.scrollIntoViewIfNeeded()
        const { width = 0, height = 0 } = (await plot.boundingBox()) ?? {}
        await plot.hover({ position: { x: width / 2, y: height / 2 } })
        expect(Number(await compliant.textContent())).toBeCloseTo((SAMPLES - 1) / 2, -0.5)
        await page.mouse.move(0, 0)
        expect(await compliant.textContent()).toBe(String(SAMPLES - 1))
        const slider = page.locator('#moment')
        await slider.focus()
        await page.keyboard.press('Home')
        expect(await compliant.textContent()).toBe('0')
        expect(await slider.getAttribute('aria-valuetext')).toContain('phase settle')
        await page.keyboard.press('Escape')
        expect(await compliant.textContent()).toBe(String(SAMPLES - 1))
      })
    })

    it('finds devices by what is typed and by state', async () => {
      await visit({}, async (page) => {
        await page.locator('#state').selectOption('noncompliant')
        expect(await page.locator('#found').textContent()).toBe('20 of 60 shown')
        await page.locator('#search').fill('laptop-3')
        expect(await page.locator('#devices tbody tr:visible th').allTextContents()).toHaveLength(5)
      })
    })

    it('is complete without script, and on paper', async () => {
      await visit({ javaScriptEnabled: false }, async (page) => {
        expect(await page.locator('#moment').isVisible()).toBe(false)
        expect(await page.locator('#devices tbody tr').count()).toBe(60)
        await page.emulateMedia({ media: 'print' })
        expect(await page.locator('nav').isVisible()).toBe(false)
        expect(await page.locator('#devices tbody > tr:visible').count()).toBe(40)
      })
    })
  },
)
