import { Markup } from './markup.ts'

/** The page's own style: no font, image or script comes from elsewhere. */
export const STYLE = new Markup(`
:root { color-scheme: light dark; --text: #1f2933; --dim: #616e7c; --line: #d9dee3; --page: #fff; --card: #f7f9fb; --good: #16694c; --bad: #b3260e; }
@media (prefers-color-scheme: dark) { :root { --text: #e4e7eb; --dim: #9aa5b1; --line: #323f4b; --page: #14181d; --card: #1c2229; --good: #5fd3a6; --bad: #ff8f73; } }
* { box-sizing: border-box; }
body { margin: 0; font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--page); }
header, main { max-width: 1080px; margin: 0 auto; padding: 24px; }
header { border-left: 10px solid #9aa5b1; padding-left: 28px; }
header.passed { border-color: #1b7f5c; } header.failed { border-color: #b3260e; } header.aborted, header.invalid { border-color: #e3a008; }
h1 { margin: 0; font-size: 30px; } h2 { margin: 40px 0 12px; font-size: 20px; border-bottom: 1px solid var(--line); padding-bottom: 6px; }
.verdict { margin: 0; font-weight: 700; letter-spacing: .08em; }
.passed .verdict, .good { color: var(--good); } .failed .verdict, .bad > td:first-child, p.bad { color: var(--bad); }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: top; padding: 6px 10px; border-bottom: 1px solid var(--line); font-weight: normal; } thead th { color: var(--dim); font-size: 13px; } th[scope=row] { font-weight: 600; }
.dim { color: var(--dim); font-size: 13px; font-weight: normal; }
svg { width: 100%; height: auto; display: block; background: var(--card); } svg.bar { height: 14px; border-radius: 3px; } svg.donut { width: 180px; background: none; } .tick { font-size: 11px; fill: var(--dim); } .total { font-size: 20px; fill: var(--text); }
.legend span { margin-right: 16px; } .legend i { display: inline-block; width: 12px; height: 12px; margin-right: 5px; border-radius: 2px; }
.columns { display: grid; grid-template-columns: 200px 1fr; gap: 24px; align-items: center; }
figure { margin: 12px 0; } code, pre { font: 13px/1.4 ui-monospace, monospace; } pre { overflow: auto; background: var(--card); padding: 12px; } details { font-weight: normal; } button, input { font: inherit; }
@media print { button, input { display: none; } h2 { break-after: avoid; } tr { break-inside: avoid; } }
`)

/** Search in the device table, and the copy button. The page is complete without it. */
export const SCRIPT = new Markup(`
document.getElementById('search').addEventListener('input', (event) => {
  const wanted = event.target.value.toLowerCase()
  for (const row of document.querySelectorAll('#devices tbody tr')) row.hidden = !row.textContent.toLowerCase().includes(wanted)
})
for (const button of document.querySelectorAll('[data-copy]')) {
  button.addEventListener('click', () => navigator.clipboard?.writeText(document.getElementById(button.dataset.copy).textContent))
}
`)
