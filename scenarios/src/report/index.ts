export { renderSummary } from './summary.ts'
export { writeReports } from './write.ts'
