export { renderHtml } from './html.ts'
export { renderJunit } from './junit.ts'
export { renderSummary } from './summary.ts'
export { type ReportFormat, writeReports } from './write.ts'
