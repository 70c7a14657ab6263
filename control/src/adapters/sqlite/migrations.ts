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
  // What Graph filters and orders by, folded by the function `fold` that every connection has.
  `
  CREATE TABLE device_listing (
    id TEXT PRIMARY KEY,
    isManaged INTEGER NOT NULL,
    inDirectory INTEGER NOT NULL,
    directoryId TEXT NOT NULL,
    entraDeviceId TEXT NOT NULL,
    userId TEXT,
    deviceName TEXT NOT NULL,
    operatingSystem TEXT NOT NULL,
    osVersion TEXT NOT NULL,
    manufacturer TEXT NOT NULL,
    model TEXT NOT NULL,
    serialNumber TEXT NOT NULL,
    ownership TEXT NOT NULL,
    mode TEXT NOT NULL,
    category TEXT NOT NULL,
    managementState TEXT NOT NULL,
    complianceState TEXT NOT NULL,
    isEncrypted INTEGER NOT NULL,
    isSupervised INTEGER NOT NULL,
    enrolledAtMs INTEGER NOT NULL,
    lastSyncAtMs INTEGER NOT NULL,
    certificateNotAfterMs INTEGER NOT NULL,
    totalStorageBytes INTEGER NOT NULL,
    freeStorageBytes INTEGER NOT NULL,
    physicalMemoryBytes INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  INSERT INTO device_listing
    SELECT id, lifecycle = 'managed', json_extract(body, '$.leftDirectory') IS NULL, fold(directoryId), fold(entraDeviceId),
      userId, fold(deviceName), fold(operatingSystem), fold(osVersion), fold(manufacturer), fold(model),
      fold(serialNumber), fold(ownership), fold(json_extract(body, '$.mode')),
      fold(coalesce(json_extract(body, '$.attributes.deviceCategory'), 'Unknown')), fold(managementState),
      fold(complianceState), coalesce(json_extract(body, '$.inventory.posture.encrypted'), 0),
      supervised(platform, json_extract(body, '$.mode')), enrolledAtMs, lastSyncAtMs,
      json_extract(body, '$.certificateNotAfterMs'), json_extract(body, '$.inventory.hardware.totalStorageBytes'),
      coalesce(json_extract(body, '$.inventory.posture.freeStorageBytes'), 0),
      json_extract(body, '$.inventory.hardware.physicalMemoryBytes')
    FROM device;
  CREATE INDEX device_listing_name ON device_listing (isManaged, deviceName);
  CREATE INDEX device_listing_serial ON device_listing (serialNumber);
  CREATE INDEX device_listing_user ON device_listing (userId);
  CREATE INDEX device_listing_entra ON device_listing (entraDeviceId);
  CREATE INDEX device_listing_directory ON device_listing (directoryId);

  ALTER TABLE directory_user ADD COLUMN displayName TEXT NOT NULL DEFAULT '';
  ALTER TABLE directory_user ADD COLUMN mail TEXT;
  ALTER TABLE directory_user ADD COLUMN department TEXT;
  ALTER TABLE directory_user ADD COLUMN jobTitle TEXT;
  ALTER TABLE directory_user ADD COLUMN country TEXT;
  ALTER TABLE directory_user ADD COLUMN preferredLanguage TEXT;
  ALTER TABLE directory_user ADD COLUMN accountEnabled INTEGER NOT NULL DEFAULT 1;
  ALTER TABLE directory_user ADD COLUMN createdAtMs INTEGER NOT NULL DEFAULT 0;
  UPDATE directory_user SET
    displayName = fold(json_extract(body, '$.displayName')), mail = fold(json_extract(body, '$.mail')),
    department = fold(json_extract(body, '$.department')), jobTitle = fold(json_extract(body, '$.jobTitle')),
    country = fold(json_extract(body, '$.country')), preferredLanguage = fold(json_extract(body, '$.preferredLanguage')),
    accountEnabled = json_extract(body, '$.accountEnabled'), createdAtMs = json_extract(body, '$.createdAtMs');
  CREATE INDEX directory_user_name ON directory_user (displayName);

  ALTER TABLE directory_group ADD COLUMN displayName TEXT NOT NULL DEFAULT '';
  ALTER TABLE directory_group ADD COLUMN description TEXT;
  ALTER TABLE directory_group ADD COLUMN membershipRule TEXT;
  ALTER TABLE directory_group ADD COLUMN processing TEXT;
  ALTER TABLE directory_group ADD COLUMN createdAtMs INTEGER NOT NULL DEFAULT 0;
  UPDATE directory_group SET
    displayName = fold(json_extract(body, '$.displayName')), description = fold(json_extract(body, '$.description')),
    membershipRule = fold(json_extract(body, '$.dynamic.rule')),
    processing = fold(json_extract(body, '$.dynamic.processing')), createdAtMs = json_extract(body, '$.createdAtMs');

  ALTER TABLE audit_event ADD COLUMN activityType TEXT NOT NULL DEFAULT '';
  ALTER TABLE audit_event ADD COLUMN operation TEXT NOT NULL DEFAULT '';
  ALTER TABLE audit_event ADD COLUMN result TEXT NOT NULL DEFAULT '';
  ALTER TABLE audit_event ADD COLUMN category TEXT NOT NULL DEFAULT '';
  ALTER TABLE audit_event ADD COLUMN componentName TEXT NOT NULL DEFAULT '';
  UPDATE audit_event SET
    activityType = fold(json_extract(body, '$.activityType')), operation = fold(json_extract(body, '$.operation')),
    result = fold(json_extract(body, '$.result')), category = fold(json_extract(body, '$.category')),
    componentName = fold(json_extract(body, '$.componentName'))
  `,
  // Rows are found by name whether they are managed or not.
  `
  DROP INDEX device_listing_name;
  CREATE INDEX device_listing_name ON device_listing (deviceName);
  `,
  // The story of a device is told by correlation: a run's report asks for dozens of them.
  `CREATE INDEX audit_event_correlation ON audit_event (body ->> 'correlationId')`,
  `
  CREATE TABLE directory_change (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX directory_change_sequence ON directory_change (sequence);
  `,
  // Whether a change made something is known from here on; what is there already was made before all of them.
  `
  ALTER TABLE directory_change ADD COLUMN createdSequence INTEGER NOT NULL DEFAULT 0;
  INSERT OR IGNORE INTO directory_change (kind, id, sequence, deleted)
    SELECT kind, id, -row_number() OVER (ORDER BY kind, id), 0 FROM (
      SELECT 'user' AS kind, id FROM directory_user
      UNION ALL SELECT 'group', id FROM directory_group
      UNION ALL SELECT type || 'Member', groupId || '/' || memberId FROM group_member
      UNION ALL SELECT 'device', directoryId FROM device_listing WHERE inDirectory GROUP BY directoryId
      UNION ALL SELECT 'managedDevice', id FROM device_listing WHERE isManaged);
  CREATE TABLE change_subscription (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
  // No device has had a scope tag before.
  `ALTER TABLE device_listing ADD COLUMN scopeTags TEXT`,
  `ALTER TABLE audit_event ADD COLUMN scopeTags TEXT`,
  // What every check-in changes stands in the narrow table alone.
  `
  ALTER TABLE device_listing ADD COLUMN lastMaintenanceAtMs INTEGER;
  UPDATE device_listing SET lastMaintenanceAtMs = (SELECT lastMaintenanceAtMs FROM device WHERE device.id = device_listing.id);
  ALTER TABLE device DROP COLUMN lastSyncAtMs;
  ALTER TABLE device DROP COLUMN lastMaintenanceAtMs
  `,
  `
  CREATE TABLE sign_in (
    id TEXT PRIMARY KEY,
    atMs INTEGER NOT NULL,
    kind TEXT NOT NULL,
    correlationId TEXT NOT NULL,
    userId TEXT NOT NULL,
    userPrincipalName TEXT NOT NULL,
    userDisplayName TEXT NOT NULL,
    appId TEXT NOT NULL,
    appDisplayName TEXT NOT NULL,
    resourceId TEXT NOT NULL,
    clientAppUsed TEXT NOT NULL,
    ipAddress TEXT NOT NULL,
    errorCode INTEGER NOT NULL,
    conditionalAccessStatus TEXT NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX sign_in_time ON sign_in (atMs, id);
  `,
  // Devices tell from now on what is installed on them.
  `
  ALTER TABLE device_listing ADD COLUMN platform TEXT NOT NULL DEFAULT '';
  ALTER TABLE device_listing ADD COLUMN software INTEGER;
  UPDATE device_listing SET platform = (SELECT platform FROM device WHERE device.id = device_listing.id);
  `,
  // What a device signs counts up, so that nothing counts twice.
  `ALTER TABLE device_listing ADD COLUMN sequence INTEGER`,
  // What was refused, in the order in which it first came.
  `
  CREATE TABLE dead_letter (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    code TEXT NOT NULL,
    lastAtMs INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    body TEXT NOT NULL,
    payload TEXT NOT NULL
  ) STRICT;
  `,
  // Agents are known to the broker one by one.
  `
  CREATE TABLE agent (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE agent_invitation (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
]
