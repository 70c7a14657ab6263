import { exceptions, licenceProblems } from './licences.ts'
import { lockedPackages, ROOT } from './locked-packages.ts'

/** `npm run licences`: ends with 1 when a package that the lock file names may not be used as we use it. */
const packages = lockedPackages(ROOT)
const problems = licenceProblems(packages)
for (const problem of problems) process.stderr.write(`${problem}\n`)
const run = packages.filter(({ production }) => production).length
process.stdout.write(
  `${packages.length} packages, ${run} of them run with Muster; ${Object.keys(exceptions).length} exceptions, ${problems.length} problems\n`,
)
process.exitCode = problems.length === 0 ? 0 : 1
