/** Schema changes in order; each runs once, in a transaction, and is never edited after it has been released. */
export const migrations: readonly string[] = [
  `
  CREATE TABLE device (
    id TEXT PRIMARY KEY,
    directoryId TEXT NOT NULL,
    entraDeviceId TEXT NOT NULL,
    agentId TEXT NOT NULL,
    userId TEXT,
    platform TEXT NOT NULL,
    operatingSystem TEXT NOT NULL,
    osVersion TEXT NOT NULL,
    deviceName TEXT NOT NULL,
    manufacturer TEXT NOT NULL,
    model TEXT NOT NULL,
    serialNumber TEXT NOT NULL,
    ownership TEXT NOT NULL,
    lifecycle TEXT NOT NULL,
    managementState TEXT NOT NULL,
    complianceState TEXT NOT NULL,
    enrolledAtMs INTEGER NOT NULL,
    lastSyncAtMs INTEGER NOT NULL,
    nextEvaluationAtMs INTEGER,
    ackedSeq INTEGER NOT NULL,
    appliedReports INTEGER NOT NULL,
    body TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX device_serial ON device (platform, serialNumber) WHERE lifecycle = 'managed';
  CREATE INDEX device_user ON device (userId) WHERE lifecycle = 'managed';
  CREATE INDEX device_state ON device (lifecycle, platform, complianceState);
  CREATE INDEX device_due ON device (nextEvaluationAtMs) WHERE lifecycle = 'managed' AND nextEvaluationAtMs IS NOT NULL;
  CREATE INDEX device_directory ON device (directoryId);
  CREATE INDEX device_entra ON device (entraDeviceId);

  CREATE TABLE device_policy (
    deviceId TEXT NOT NULL,
    policyId TEXT NOT NULL,
    revision INTEGER NOT NULL,
    reportedRevision INTEGER,
    state TEXT NOT NULL,
    targetedAtMs INTEGER NOT NULL,
    appliedAtMs INTEGER,
    committedAtMs INTEGER,
    body TEXT NOT NULL,
    PRIMARY KEY (deviceId, policyId)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX device_policy_state ON device_policy (policyId, revision, state);

  CREATE TABLE report (
    deviceId TEXT NOT NULL,
    seq INTEGER NOT NULL,
    observedAtMs INTEGER NOT NULL,
    committedAtMs INTEGER NOT NULL,
    correlationId TEXT NOT NULL,
    parts TEXT NOT NULL,
    PRIMARY KEY (deviceId, seq)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE certificate (
    serialNumber TEXT PRIMARY KEY,
    deviceId TEXT NOT NULL,
    state TEXT NOT NULL,
    notAfterMs INTEGER NOT NULL,
    body TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX certificate_device ON certificate (deviceId);
  CREATE INDEX certificate_end ON certificate (state, notAfterMs);

  CREATE TABLE remote_action (
    id TEXT PRIMARY KEY,
    deviceId TEXT NOT NULL,
    action TEXT NOT NULL,
    state TEXT NOT NULL,
    requestedAtMs INTEGER NOT NULL,
    body TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX remote_action_device ON remote_action (deviceId, state);
  CREATE INDEX remote_action_day ON remote_action (action, requestedAtMs);

  CREATE TABLE policy (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE assignment_filter (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE enrolment_restriction (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE directory_user (id TEXT PRIMARY KEY, principalName TEXT NOT NULL UNIQUE, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE directory_group (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE group_member (
    groupId TEXT NOT NULL,
    memberId TEXT NOT NULL,
    type TEXT NOT NULL,
    PRIMARY KEY (groupId, memberId)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX group_member_member ON group_member (memberId);
  CREATE TABLE enrolment_token (
    id TEXT PRIMARY KEY,
    secretSha256 TEXT NOT NULL UNIQUE,
    uses INTEGER NOT NULL,
    body TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE app_registration (id TEXT PRIMARY KEY, userId TEXT NOT NULL, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX app_registration_user ON app_registration (userId);
  CREATE TABLE audit_event (id TEXT PRIMARY KEY, atMs INTEGER NOT NULL, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX audit_event_time ON audit_event (atMs, id);
  CREATE TABLE notification (id TEXT PRIMARY KEY, atMs INTEGER NOT NULL, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX notification_time ON notification (atMs);
  CREATE TABLE tenant_settings (id INTEGER PRIMARY KEY CHECK (id = 1), body TEXT NOT NULL) STRICT;
  CREATE TABLE outbox (position INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL) STRICT;
  `,
  `CREATE INDEX device_agent ON device (agentId) WHERE lifecycle = 'managed'`,
  `
  CREATE TABLE notification_template (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
  // Rows of two kilobytes do not fit into the leaves of an index: tables with a rowid are read and written in half the time.
  `
  CREATE TABLE device_with_rowid (
    id TEXT PRIMARY KEY,
    directoryId TEXT NOT NULL,
    entraDeviceId TEXT NOT NULL,
    agentId TEXT NOT NULL,
    userId TEXT,
    platform TEXT NOT NULL,
    operatingSystem TEXT NOT NULL,
    osVersion TEXT NOT NULL,
    deviceName TEXT NOT NULL,
    manufacturer TEXT NOT NULL,
    model TEXT NOT NULL,
    serialNumber TEXT NOT NULL,
    ownership TEXT NOT NULL,
    lifecycle TEXT NOT NULL,
    managementState TEXT NOT NULL,
    complianceState TEXT NOT NULL,
    enrolledAtMs INTEGER NOT NULL,
    lastSyncAtMs INTEGER NOT NULL,
    nextEvaluationAtMs INTEGER,
    ackedSeq INTEGER NOT NULL,
    appliedReports INTEGER NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  INSERT INTO device_with_rowid SELECT * FROM device;
  DROP TABLE device;
  ALTER TABLE device_with_rowid RENAME TO device;
  CREATE INDEX device_serial ON device (platform, serialNumber) WHERE lifecycle = 'managed';
  CREATE INDEX device_user ON device (userId) WHERE lifecycle = 'managed';
  CREATE INDEX device_state ON device (lifecycle, platform, complianceState);
  CREATE INDEX device_due ON device (nextEvaluationAtMs) WHERE lifecycle = 'managed' AND nextEvaluationAtMs IS NOT NULL;
  CREATE INDEX device_directory ON device (directoryId);
  CREATE INDEX device_entra ON device (entraDeviceId);
  CREATE INDEX device_agent ON device (agentId) WHERE lifecycle = 'managed';

  CREATE TABLE device_policy_with_rowid (
    deviceId TEXT NOT NULL,
    policyId TEXT NOT NULL,
    revision INTEGER NOT NULL,
    reportedRevision INTEGER,
    state TEXT NOT NULL,
    targetedAtMs INTEGER NOT NULL,
    appliedAtMs INTEGER,
    committedAtMs INTEGER,
    body TEXT NOT NULL,
    PRIMARY KEY (deviceId, policyId)
  ) STRICT;
  INSERT INTO device_policy_with_rowid SELECT * FROM device_policy;
  DROP TABLE device_policy;
  ALTER TABLE device_policy_with_rowid RENAME TO device_policy;
  CREATE INDEX device_policy_state ON device_policy (policyId, revision, state);
  `,
  `
  CREATE TABLE compliance_change (deviceId TEXT NOT NULL, atMs INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
  CREATE INDEX compliance_change_device ON compliance_change (deviceId, atMs);
  `,
  `
  CREATE TABLE graph_object (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    collection TEXT NOT NULL,
    id TEXT NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (collection, id)
  ) STRICT;
  `,
  // What every check-in changes is a column of its own; how a policy stands is counted in an index alone.
  `
  ALTER TABLE device ADD COLUMN lastMaintenanceAtMs INTEGER;
  UPDATE device SET lastMaintenanceAtMs = json_extract(body, '$.lastMaintenanceAtMs');
  DROP INDEX device_policy_state;
  CREATE INDEX device_policy_standing ON device_policy (policyId, revision, state, reportedRevision);
  `,
  `
  CREATE TABLE application (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE service_principal (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE app_role_assignment (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE permission_grant (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE directory_role_assignment (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE token_grant (
    id TEXT PRIMARY KEY,
    userCode TEXT,
    expiresAtMs INTEGER NOT NULL,
    body TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX token_grant_user_code ON token_grant (userCode) WHERE userCode IS NOT NULL;
  CREATE INDEX token_grant_end ON token_grant (expiresAtMs);
  `,
]
