import { errorCatalogue } from '@muster/shared/contracts'

/** `docs/errors.md`: every coded error, what it means, and how each edge shows it. */
export function errorsPage(): string {
  const groups = Map.groupBy(Object.entries(errorCatalogue), ([code]) => code.split('/')[0] ?? '')
  const sections = [...groups].map(([group, entries]) => {
    const rows = entries.map(
      ([code, { meaning, status, graph, exit }]) => `| \`${code}\` | ${meaning} | ${status} ${graph} | ${exit} |`,
    )
    return [`## ${group}`, '', '| code | meaning | over HTTP | exit code |', '| --- | --- | --- | --- |', ...rows].join(
      '\n',
    )
  })
  return `${[
    '# Errors',
    '',
    'Every error that a user can meet has a code from a closed catalogue. Messages may be reworded; codes stay. This page is',
    'written from `shared/src/contracts/error-catalogue/` by `npm run docs`; a test holds both together.',
    '',
    sections.join('\n\n'),
  ].join('\n')}\n`
}
