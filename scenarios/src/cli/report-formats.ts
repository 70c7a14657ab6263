import { CodedError, nearestName } from '@muster/shared/core'
import { REPORT_FORMATS, type ReportFormat } from '@muster/shared/scenario'
import { Option } from 'commander'

export const reportOption = (otherwise: string): Option =>
  new Option('--report <formats>', `${REPORT_FORMATS.join(', ')}: any of them, with commas; else ${otherwise}`)

/** Formats from their names. @throws CodedError `cli/usage` */
export function formatsOf(text: string | undefined): readonly ReportFormat[] {
  return (text ?? '')
    .split(',')
    .filter((part) => text !== undefined || part !== '')
    .map((part) => {
      const format = REPORT_FORMATS.find((known) => known === part.trim())
      if (format) return format
      const near = nearestName(part.trim(), REPORT_FORMATS)
      const hint = near ? `; did you mean ${near}?` : ''
      throw new CodedError(
        'cli/usage',
        `--report takes ${REPORT_FORMATS.join(', ')}, not ${JSON.stringify(part)}${hint}`,
      )
    })
}
