import { writeFileSync } from 'node:fs'
import { billOf } from './bill-of-materials.ts'
import { lockedPackages, ROOT } from './locked-packages.ts'
import { npm } from './npm-command.ts'

/** `npm run sbom [-- FILE]`: a CycloneDX bill of what Muster runs with, from the lock file; without a file on stdout. */
const { code, stdout, stderr } = npm('sbom --sbom-format cyclonedx --package-lock-only'.split(' '), process.env)
if (code !== 0) throw new Error(`npm sbom, which npm 10 and newer have, ended with ${code}: ${stderr}`)
const bill = billOf(stdout, lockedPackages(ROOT))
const text = `${JSON.stringify(bill, null, 2)}\n`
const [file] = process.argv.slice(2)
if (file === undefined) process.stdout.write(text)
else {
  writeFileSync(file, text)
  process.stdout.write(`${file}: ${bill.components.length} components\n`)
}
