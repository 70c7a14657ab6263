/** What no rule of edm.ts tells: properties by their EDM type. */
const properties: Readonly<Record<string, string>> = {
  'Edm.Binary': `
    agreementFileData.data alternativeSecurityId.key androidOmaCpConfiguration.configurationXml
    certificateAuthority.certificate certificateAuthorityAsEntity.certificate certificateAuthorityDetail.certificate
    deviceCompliancePolicyScript.rulesContent enterpriseCodeSigningCertificate.content
    fileEncryptionInfo.encryptionKey fileEncryptionInfo.fileDigest fileEncryptionInfo.initializationVector
    fileEncryptionInfo.mac fileEncryptionInfo.macKey hardwareConfiguration.configurationFileContent
    importedWindowsAutopilotDeviceIdentity.hardwareIdentifier iosCustomConfiguration.payload
    iosEduCertificateSettings.trustedRootCertificate iosLobAppProvisioningConfiguration.payload
    iosMobileAppConfiguration.encodedSettingXml keyCredential.customKeyIdentifier keyCredential.key
    macOSCustomAppConfiguration.configurationXml macOSCustomConfiguration.payload
    macOSEndpointProtectionConfiguration.fileVaultInstitutionalRecoveryKeyCertificate mimeContent.value
    mobileAppContentFile.manifest mobileAppContentScript.content officeSuiteApp.officeConfigurationXml
    omaSettingStringXml.value passwordCredential.customKeyIdentifier selfSignedCertificate.customKeyIdentifier
    selfSignedCertificate.key symantecCodeSigningCertificate.content
    windows10EndpointProtectionConfiguration.defenderExploitProtectionXml
    windows10GeneralConfiguration.startMenuLayoutEdgeAssetsXml windows10GeneralConfiguration.startMenuLayoutXml
    windows10VpnConfiguration.eapXml windows10XVpnConfiguration.customXml windows10XWifiConfiguration.customXml
    windows81WifiImportConfiguration.payload windowsDefenderApplicationControlSupplementalPolicy.content
    windowsInformationProtectionAppLockerFile.file windowsInformationProtectionDataRecoveryCertificate.certificate
    windowsKioskMultipleApps.startMenuLayoutXml windowsVpnConfiguration.customXml
  `,
  'Edm.Byte': `
    rgbColor.b rgbColor.g rgbColor.r
  `,
  'Edm.Date': `
    cloudPcDeviceImage.expirationDate cloudPcGalleryImage.endDate cloudPcGalleryImage.expirationDate
    cloudPcGalleryImage.startDate managedDeviceWindowsOperatingSystemEdition.supportEndDate printUsage.usageDate
    recurrenceRange.endDate recurrenceRange.startDate serviceLevelAgreementAttainment.endDate
    serviceLevelAgreementAttainment.startDate windowsUpdateForBusinessConfiguration.featureUpdatesPauseStartDate
    windowsUpdateForBusinessConfiguration.qualityUpdatesPauseStartDate
  `,
  'Edm.DateTimeOffset': `
    certificateConnectorSetting.certExpiryTime certificateConnectorSetting.lastConnectorConnectionTime
    deviceAppManagement.microsoftStoreForBusinessLastCompletedApplicationSyncTime
    managedAppPolicyDeploymentSummary.lastRefreshTime managedDevice.managementCertificateExpirationDate
    messageEvent.dateTime oAuth2PermissionGrant.expiryTime oAuth2PermissionGrant.startTime omaSettingDateTime.value
    sharedEmailDomainInvitation.expiryTime synchronizationQuarantine.currentBegan
    synchronizationQuarantine.nextAttempt synchronizationQuarantine.seriesBegan synchronizationSchedule.expiration
    synchronizationStatus.steadyStateFirstAchievedTime synchronizationStatus.steadyStateLastAchievedTime
    synchronizationTaskExecution.timeBegan synchronizationTaskExecution.timeEnded user.birthday
    user.employeeHireDate user.hireDate userExperienceAnalyticsDeviceStartupHistory.startTime
    verifiedCustomDomainCertificatesMetadata.expiryDate verifiedCustomDomainCertificatesMetadata.issueDate
    windowsFeatureUpdateProfile.endOfSupportDate windowsUpdateCatalogItem.endOfSupportDate
  `,
  'Edm.Double': `
    deviceGeoLocation.heading deviceGeoLocation.horizontalAccuracy deviceGeoLocation.speed
    deviceGeoLocation.verticalAccuracy insightValueDouble.value
    userExperienceAnalyticsBatteryHealthModelPerformance.averageBatteryAgeInDays
    userExperienceAnalyticsDevicePerformance.averageBlueScreens
    userExperienceAnalyticsDevicePerformance.averageRestarts userExperienceAnalyticsMetric.value
  `,
  'Edm.Duration': `
    agreement.userReacceptRequiredFrequency deviceShellScript.executionFrequency expirationPattern.duration
    keyCredentialConfiguration.maxLifetime managedAppProtection.gracePeriodToBlockAppsDuringOffClockHours
    managedAppProtection.periodBeforePinReset managedAppProtection.periodOfflineBeforeAccessCheck
    managedAppProtection.periodOfflineBeforeWipeIsEnforced managedAppProtection.periodOnlineBeforeAccessCheck
    managedAppProtection.pinRequiredInsteadOfBiometricTimeout
    onPremisesDirectorySynchronizationConfiguration.customerRequestedSynchronizationInterval
    onPremisesDirectorySynchronizationConfiguration.synchronizationInterval
    passwordCredentialConfiguration.maxLifetime synchronizationSchedule.interval termsExpiration.frequency
    windowsManagedAppProtection.periodOfflineBeforeAccessCheck
    windowsManagedAppProtection.periodOfflineBeforeWipeIsEnforced
    windowsUpdates.contentApprovalRule.durationBeforeDeploymentStart
    windowsUpdates.durationDrivenRolloutSettings.durationUntilDeploymentEnd
  `,
  'Edm.Guid': `
    addIn.id apiApplication.knownClientApplications application.managerApplications appRole.id
    appRoleAssignment.principalId appRoleAssignment.resourceId assignedPlan.servicePlanId auditEvent.correlationId
    authorizationPolicy.guestUserRoleId contract.customerId deviceLogCollectionResponse.managedDeviceId
    deviceManagement.intuneAccountId directoryObjectPartnerReference.externalPartnerTenantId iosVppEBook.vppTokenId
    keyCredential.keyId multiTenantOrganizationMember.addedByTenantId
    onPremisesConditionalAccessSettings.excludedGroups onPremisesConditionalAccessSettings.includedGroups
    passkeyAuthenticationMethodTarget.allowedPasskeyProfiles passwordCredential.keyId permissionScope.id
    resourceAccess.id resourceSpecificPermission.id selfSignedCertificate.keyId servicePlanInfo.servicePlanId
    servicePrincipal.appOwnerOrganizationId sharepointSettings.allowedDomainGuidsForSyncApp
    synchronizationTemplate.applicationId windowsInformationProtection.rightsManagementServicesTemplateId
  `,
  'Edm.Int32': `
    macOSLobApp.md5HashChunkSize serviceAnnouncementAttachment.size
    sharedPCAccountManagerPolicy.cacheAccountsAboveDiskFreePercentage
    sharedPCAccountManagerPolicy.removeAccountsBelowDiskFreePercentage
    userExperienceAnalyticsDevicePerformance.bootScore userExperienceAnalyticsDevicePerformance.loginScore
  `,
  'Edm.Int64': `
    deviceCompliancePolicySettingState.errorCode deviceConfigurationSettingState.errorCode
    deviceHealthAttestationState.resetCount deviceHealthAttestationState.restartCount
    idleSessionSignOut.signOutAfterInSeconds idleSessionSignOut.warnAfterInSeconds
    mobileAppContentFile.sizeEncrypted pkcs12CertificateInformation.notAfter pkcs12CertificateInformation.notBefore
    printUsage.pageCount sharepointSettings.personalSiteDefaultStorageLimitInMB stringKeyLongValuePair.value
    synchronizationProgress.completedUnits synchronizationProgress.totalUnits synchronizationQuarantine.seriesCount
    userExperienceAnalyticsDevicePerformance.deviceCount
    userExperienceAnalyticsDeviceStartupProcessPerformance.deviceCount
    userExperienceAnalyticsDeviceStartupProcessPerformance.medianImpactInMs
    userExperienceAnalyticsDeviceStartupProcessPerformance.totalImpactInMs userRegistrationFeatureCount.userCount
    userRegistrationFeatureSummary.totalUserCount userRegistrationMethodCount.userCount
    userRegistrationMethodSummary.totalUserCount
  `,
  'Edm.Single': `
    identityUserFlow.userFlowTypeVersion omaSettingFloatingPoint.value
  `,
  'Edm.String': `
    companySubscription.skuId deviceHealthAttestationState.lastUpdateDateTime macOSAppScript.scriptContent
    win32LobAppPowerShellScriptDetection.scriptContent win32LobAppPowerShellScriptRequirement.scriptContent
    win32LobAppPowerShellScriptRule.scriptContent
  `,
  'Edm.TimeOfDay': `
    customUpdateTimeWindow.endTime customUpdateTimeWindow.startTime deviceHealthScriptTimeSchedule.time
    iosUpdateConfiguration.activeHoursEnd iosUpdateConfiguration.activeHoursStart
    sharedPCConfiguration.maintenanceStartTime standardTimeZoneOffset.time
    windows10EndpointProtectionConfiguration.defenderScheduledQuickScanTime
    windows10EndpointProtectionConfiguration.defenderScheduledScanTime
    windows10GeneralConfiguration.defenderScheduledQuickScanTime
    windows10GeneralConfiguration.defenderScheduledScanTime
    windows10TeamGeneralConfiguration.maintenanceWindowStartTime windowsUpdateActiveHoursInstall.activeHoursEnd
    windowsUpdateActiveHoursInstall.activeHoursStart windowsUpdateScheduledInstall.scheduledInstallTime
    workingHours.endTime workingHours.startTime zebraFotaDeploymentSettings.installRuleWindowEndTime
    zebraFotaDeploymentSettings.installRuleWindowStartTime
  `,
  'graph.Json': `
    managedAppStatusRaw.content
  `,
}

/** EDM types by `type.property`. */
export const edmOf: ReadonlyMap<string, string> = new Map(
  Object.entries(properties).flatMap(([edm, names]) => (names.match(/\S+/g) ?? []).map((name) => [name, edm])),
)
