import type { Device } from './model.ts'

/** The same device with every property, and all of them in one order: what has one shape is copied many times as fast. */
export function shapedDevice(device: Device): Device {
  const all: Required<Device> = {
    id: device.id,
    directoryId: device.directoryId,
    entraDeviceId: device.entraDeviceId,
    agentId: device.agentId,
    userId: device.userId,
    platform: device.platform,
    mode: device.mode,
    ownership: device.ownership,
    enrolmentRequestId: device.enrolmentRequestId,
    enrolmentTokenId: device.enrolmentTokenId,
    enrolledAtMs: device.enrolledAtMs,
    lastSyncAtMs: device.lastSyncAtMs,
    lastReportAtMs: device.lastReportAtMs,
    lastMaintenanceAtMs: device.lastMaintenanceAtMs,
    inventory: device.inventory,
    scopeTagIds: device.scopeTagIds,
    attributes: device.attributes,
    remarks: device.remarks,
    lifecycle: device.lifecycle,
    leftDirectory: device.leftDirectory,
    managementState: device.managementState,
    complianceState: device.complianceState,
    graceUntilMs: device.graceUntilMs,
    retireListedAtMs: device.retireListedAtMs,
    nextEvaluationAtMs: device.nextEvaluationAtMs,
    certificateSerial: device.certificateSerial,
    certificateNotAfterMs: device.certificateNotAfterMs,
    reportedCertificate: device.reportedCertificate,
    sequence: device.sequence,
    ackedSeq: device.ackedSeq,
    appliedReports: device.appliedReports,
    targetDigest: device.targetDigest,
    heldDigest: device.heldDigest,
  }
  return all
}
